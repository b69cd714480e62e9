use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::process::testing::{Fixture, sh, supervisor, until};
use crate::process::{is_alive, is_stopping, read_exit, read_tail, request_stop, sweep};

/// No test of its own: what [`supervisor`] runs.
#[test]
fn shim_child() {
    if std::env::var_os("WINDROW_TEST_SHIM").is_some() {
        let dir = std::env::args_os().next_back().unwrap();
        shim_main(Path::new(&dir));
    }
}

const ITSELF: EndedBy = EndedBy::Itself;

#[test]
fn an_agent_that_ends_well() {
    let fixture = Fixture::new("echo out; echo err >&2; pwd -P >where; env >env; umask >umask");
    let record = fixture.run();
    assert_eq!((record.exit, record.ended_by, record.check), (Some(Exit::Code(0)), ITSELF, None));
    assert_eq!((record.left_behind, record.format, record.spawn_error), (0, ATTEMPT_FORMAT, None));
    assert!(record.started > jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(fixture.log(), "out\nerr\n");
    assert_eq!(fixture.files.log().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let read = |name: &str| std::fs::read_to_string(fixture.at(name)).unwrap();
    assert_eq!(Path::new(read("where").trim_end()), fixture.launch.cwd.canonicalize().unwrap());
    let env = read("env");
    let names: Vec<&str> = env.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let foreign =
        names.iter().find(|name| !["PATH", "WINDROW_ATTEMPT", "PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    assert_eq!(foreign, None);
    let own = Command::new("sh").args(["-c", "umask"]).output().unwrap().stdout;
    assert_eq!(read("umask").into_bytes(), own);
}

#[test]
fn an_agent_that_ends_badly() {
    assert_eq!(Fixture::new("exit 3").run().exit, Some(Exit::Code(3)));
    let killed = Fixture::new("kill -9 $$").run();
    assert_eq!((killed.exit, killed.ended_by), (Some(Exit::Signal(9)), ITSELF));
}

#[test]
fn programs_that_cannot_be_started() {
    let mut fixture = Fixture::new("");
    let mut refused = |argv: &[&str]| {
        let _ = std::fs::remove_file(fixture.files.exit());
        fixture.launch.argv = argv.iter().map(|&arg| arg.to_owned()).collect();
        let record = fixture.run();
        assert_eq!((record.exit, record.ended_by), (None, EndedBy::NotStarted), "{argv:?}");
        record.spawn_error.unwrap()
    };
    assert_eq!(refused(&["no-such-program"]), "program no-such-program is not on the PATH");
    assert!(refused(&["./missing"]).starts_with("program ./missing: "));
    assert!(refused(&["/"]).starts_with("program /: "));
    assert_eq!(refused(&[]), "the command is empty");
    fixture.launch.argv = sh("true");
    fixture.launch.stdin = Some(fixture.at("no-prompt"));
    std::fs::remove_file(fixture.files.exit()).unwrap();
    assert!(fixture.run().spawn_error.unwrap().contains("no-prompt"));
    fixture.launch.stdin = None;
    fixture.launch.cwd = fixture.at("gone");
    std::fs::remove_file(fixture.files.exit()).unwrap();
    assert!(fixture.run().spawn_error.unwrap().contains("gone"));
}

#[test]
fn a_launch_file_that_is_none_is_a_result_too() {
    let fixture = Fixture::new("");
    std::fs::write(fixture.files.launch(), "{\"format\": 1").unwrap();
    let child = supervisor().spawn(&fixture.files).unwrap();
    let record = fixture.result(child);
    assert_eq!(record.ended_by, EndedBy::NotStarted);
    assert!(record.spawn_error.unwrap().contains("launch.json"));
}

#[test]
fn scripts_are_started_with_and_without_an_interpreter_line() {
    let mut fixture = Fixture::new("");
    for (name, text) in [("plain", "echo \"plain $1\""), ("hash", "#!/bin/sh\necho \"hash $1\"")] {
        std::fs::write(fixture.at(name), text).unwrap();
        std::fs::set_permissions(fixture.at(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        fixture.launch.argv = vec![format!("./{name}"), "$(id) 'x'".to_owned()];
        assert_eq!(fixture.run().exit, Some(Exit::Code(0)));
        std::fs::remove_file(fixture.files.exit()).unwrap();
    }
    assert_eq!(fixture.log(), "plain $(id) 'x'\nhash $(id) 'x'\n");
}

#[test]
fn the_prompt_is_standard_input_and_the_log_takes_any_bytes() {
    let mut fixture = Fixture::new("cat; printf '\\377\\000 no newline'");
    let prompt = fixture.files.prompt();
    std::fs::write(&prompt, "the prompt\n").unwrap();
    fixture.launch.stdin = Some(prompt);
    assert_eq!(fixture.run().exit, Some(Exit::Code(0)));
    assert_eq!(std::fs::read(fixture.files.log()).unwrap(), b"the prompt\n\xff\0 no newline");
    assert_eq!(read_tail(&fixture.files.log(), 2, 100), ["the prompt", "\u{fffd}\0 no newline"]);
}

#[test]
fn the_check_runs_after_success_only_and_its_end_is_kept() {
    let checked = |agent: &str, check: &str| {
        let mut fixture = Fixture::new(agent);
        fixture.launch.check = Some(sh(check));
        let record = fixture.run();
        (record.exit, record.check, record.ended_by, fixture.log())
    };
    let ok = Some(Exit::Code(0));
    assert_eq!(checked("echo a", "echo b; cat"), (ok, ok, ITSELF, "a\nb\n".to_owned()));
    assert_eq!(checked("echo a", "exit 5"), (ok, Some(Exit::Code(5)), ITSELF, "a\n".to_owned()));
    assert_eq!(checked("exit 3", "echo b"), (Some(Exit::Code(3)), None, ITSELF, String::new()));
    let mut fixture = Fixture::new("true");
    fixture.launch.check = Some(vec!["no-such-program".to_owned()]);
    let record = fixture.run();
    assert_eq!((record.exit, record.check), (ok, Some(NOT_STARTED)));
    assert!(record.spawn_error.unwrap().starts_with("check: program no-such-program"));
}

#[test]
fn the_wall_clock_limit_ends_the_agent_and_the_check() {
    let mut fixture = Fixture::new("sleep 60");
    fixture.launch.timeout_ms = Some(50);
    let record = fixture.run();
    assert_eq!((record.exit, record.ended_by), (Some(Exit::Signal(15)), EndedBy::Timeout));
    let mut fixture = Fixture::new("trap '' TERM; : >ready; while :; do sleep 1; done");
    fixture.launch.timeout_ms = Some(300);
    let record = fixture.run();
    assert_eq!((record.exit, record.ended_by), (Some(Exit::Signal(9)), EndedBy::Timeout));
    let mut fixture = Fixture::new("true");
    fixture.launch.timeout_ms = Some(300);
    fixture.launch.check = Some(sh("sleep 60"));
    let record = fixture.run();
    assert_eq!((record.exit, record.ended_by), (Some(Exit::Code(0)), EndedBy::Timeout));
    assert_eq!(record.check, Some(Exit::Signal(15)));
}

#[test]
fn what_an_agent_leaves_behind_is_ended_and_counted() {
    let left = |script: &str| {
        let record = Fixture::new(script).run();
        assert_eq!((record.exit, record.ended_by), (Some(Exit::Code(0)), ITSELF), "{script}");
        record.left_behind
    };
    assert_eq!(left("sleep 60 & exit 0"), 1);
    assert_eq!(left("(sleep 60 & sleep 60 &) & wait"), 2);
    assert_eq!(left("(trap '' TERM HUP; : >ready; exec sleep 60) & until [ -e ready ]; do :; done"), 1);
    assert_eq!(left("sleep 0.05 & exit 0"), 0, "ended by itself");
}

#[cfg(target_os = "linux")]
#[test]
fn daemons_with_sessions_and_environments_of_their_own_are_ended() {
    let daemon = "setsid sh -c 'cd /; trap \"\" TERM HUP; sleep 60 & sleep 60' >/dev/null 2>&1 </dev/null &";
    let scrubbed = "env -i setsid sh -c 'echo $$ >scrubbed; exec sleep 60' &";
    let fixture = Fixture::new(&format!("{daemon} {scrubbed} until [ -s scrubbed ]; do :; done; exit 0"));
    let record = fixture.run();
    assert_eq!(record.exit, Some(Exit::Code(0)));
    assert!(record.left_behind >= 2, "{}", record.left_behind);
    let scrubbed = std::fs::read_to_string(fixture.at("scrubbed")).unwrap();
    assert!(!Path::new("/proc").join(scrubbed.trim_end()).exists());
}

#[cfg(target_os = "linux")]
#[test]
fn runaway_forks_are_ended() {
    // Each generation begins the next two in sessions of their own and ends; a file bounds it should we fail.
    let hop = "trap '' TERM HUP\n[ -e halt ] && exit\n(setsid sh hop &)\n(setsid sh fan &)\n";
    let fan = "trap '' TERM HUP\nsleep 5 &\nsleep 5\n";
    let mut fixture = Fixture::new("sh hop; : >ready; while :; do sleep 1; done");
    fixture.launch.grace_ms = 50;
    std::fs::write(fixture.at("hop"), hop).unwrap();
    std::fs::write(fixture.at("fan"), fan).unwrap();
    let child = fixture.spawn_until("ready");
    request_stop(&fixture.files, false).unwrap();
    let record = fixture.result(child);
    std::fs::write(fixture.at("halt"), "").unwrap();
    assert_eq!(record.ended_by, EndedBy::Stop);
}

#[test]
fn a_stop_leaves_time_to_end() {
    let mut fixture = Fixture::new("trap 'echo bye; exit 0' TERM; : >ready; while :; do sleep 0.01; done");
    fixture.launch.grace_ms = 60_000;
    fixture.launch.check = Some(sh("echo checked"));
    let child = fixture.spawn_until("ready");
    assert!(is_alive(&fixture.files) && !is_stopping(&fixture.files));
    request_stop(&fixture.files, false).unwrap();
    assert!(is_stopping(&fixture.files));
    let record = fixture.result(child);
    assert_eq!((record.exit, record.ended_by), (Some(Exit::Code(0)), EndedBy::Stop));
    assert_eq!((record.check, record.left_behind), (None, 0));
    assert!(fixture.log().contains("bye") && !fixture.log().contains("checked"));
}

#[test]
fn a_kill_does_not_wait_for_the_grace_of_a_stop() {
    let mut fixture = Fixture::new("trap ': >asked' TERM; : >ready; while :; do sleep 0.01; done");
    fixture.launch.grace_ms = 3_600_000;
    let child = fixture.spawn_until("ready");
    request_stop(&fixture.files, false).unwrap();
    until(|| fixture.at("asked").exists());
    request_stop(&fixture.files, true).unwrap();
    let record = fixture.result(child);
    assert_eq!((record.exit, record.ended_by), (Some(Exit::Signal(9)), EndedBy::Stop));
}

#[test]
fn a_kill_alone_does_not_ask() {
    let mut fixture = Fixture::new("trap ': >asked' TERM; : >ready; while :; do sleep 0.01; done");
    fixture.launch.grace_ms = 3_600_000;
    let child = fixture.spawn_until("ready");
    request_stop(&fixture.files, true).unwrap();
    assert_eq!(fixture.result(child).exit, Some(Exit::Signal(9)));
    assert!(!fixture.at("asked").exists());
}

#[test]
fn signals_to_the_supervisor_are_requests() {
    use rustix::process::{Pid, Signal, kill_process};
    let mut fixture = Fixture::new("trap ': >asked' TERM; : >ready; while :; do sleep 0.01; done");
    fixture.launch.grace_ms = 3_600_000;
    let child = fixture.spawn_until("ready");
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    until(|| fixture.at("asked").exists());
    assert!(is_alive(&fixture.files), "neither HUP nor the first TERM ends it");
    kill_process(pid, Signal::TERM).unwrap();
    let record = fixture.result(child);
    assert_eq!((record.exit, record.ended_by), (Some(Exit::Signal(9)), EndedBy::Stop));
}

#[test]
fn a_stopped_agent_can_end() {
    let mut fixture =
        Fixture::new("trap 'exit 7' TERM; : >ready; kill -STOP $$; while :; do sleep 0.01; done");
    fixture.launch.grace_ms = 60_000;
    let child = fixture.spawn_until("ready");
    request_stop(&fixture.files, false).unwrap();
    assert_eq!(fixture.result(child).exit, Some(Exit::Code(7)));
}

#[cfg(target_os = "linux")]
#[test]
fn the_agent_has_a_group_the_supervisor_a_session_and_the_lock() {
    let fixture =
        Fixture::new("cut -d' ' -f6 /proc/$$/stat; cut -d' ' -f5 /proc/$$/stat; echo $$; ls -l /proc/$$/fd");
    let child = fixture.spawn();
    let supervisor = child.id().to_string();
    fixture.result(child);
    let log = fixture.log();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[0], supervisor, "session");
    assert_eq!(lines[1], lines[2], "group");
    let open = |file: &Path| lines[3..].iter().filter(|line| line.ends_with(file.to_str().unwrap())).count();
    assert_eq!((open(&fixture.files.log()), open(&fixture.files.lock())), (2, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_supervisor_is_lost_and_what_it_leaves_is_swept() {
    use rustix::process::{Pid, Signal, kill_process};
    let script = "setsid sh -c 'trap \"\" TERM; : >daemon; sleep 60' & sleep 60 & until [ -e daemon ]; do :; done; : >ready; wait";
    let fixture = Fixture::new(script);
    let mut child = fixture.spawn_until("ready");
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::KILL).unwrap();
    until(|| child.has_ended());
    assert!(!is_alive(&fixture.files), "nobody inherits the lock");
    assert_eq!(read_exit(&fixture.files).unwrap(), None);
    assert!(fixture.survivors() >= 3);
    assert!(sweep(&fixture.mark(), &fixture.files.log()) >= 3);
    assert_eq!(fixture.survivors(), 0);
}

/// An agent may delete what tells that it exists; it is found and stopped all the same.
#[test]
fn what_an_agent_deletes_of_its_attempt_is_put_back() {
    let fixture =
        Fixture::new("echo one; rm -rf ../attempt; : >ready; until [ -e go ]; do sleep 0.01; done; exit 3");
    let child = fixture.spawn_until("ready");
    until(|| fixture.files.launch().exists() && is_alive(&fixture.files));
    assert_eq!(read_launch(&fixture.files).unwrap(), fixture.launch);
    std::fs::remove_file(fixture.files.lock()).unwrap();
    until(|| is_alive(&fixture.files));
    std::fs::write(fixture.at("go"), "").unwrap();
    assert_eq!(fixture.result(child).exit, Some(Exit::Code(3)));
}

/// What nobody can ask for any more is ended by itself, and at once.
#[cfg(target_os = "linux")]
#[test]
fn an_attempt_whose_run_is_deleted_ends() {
    let mut fixture =
        Fixture::new("trap 'echo asked >asked; exit 0' TERM; : >ready; while :; do sleep 0.01; done");
    let run = fixture.at("run");
    fixture.files.dir = run.join("api/1");
    std::fs::create_dir_all(&fixture.files.dir).unwrap();
    fixture.launch.log = fixture.files.log();
    let mut child = fixture.spawn_until("ready");
    let begun = Instant::now();
    std::fs::remove_dir_all(&run).unwrap();
    until(|| child.has_ended());
    assert!(fixture.at("asked").exists() && !run.exists() && begun.elapsed() < WRITE_PATIENCE / 2);
    assert_eq!(fixture.survivors(), 0);
}

/// A directory that is moved takes its attempt along.
#[cfg(target_os = "linux")]
#[test]
fn an_attempt_follows_its_directory() {
    let mut fixture = Fixture::new(": >ready; until [ -e go ]; do sleep 0.01; done; sleep 60");
    let child = fixture.spawn_until("ready");
    let moved = AttemptFiles { dir: fixture.at("moved") };
    std::fs::rename(&fixture.files.dir, &moved.dir).unwrap();
    assert!(is_alive(&moved));
    request_stop(&moved, false).unwrap();
    fixture.files = moved;
    assert_eq!(fixture.result(child).ended_by, EndedBy::Stop);
}

#[cfg(target_os = "linux")]
#[test]
fn a_stopped_supervisor_hears_a_request() {
    let fixture = Fixture::new("kill -STOP $PPID; : >ready; sleep 60");
    let child = fixture.spawn_until("ready");
    request_stop(&fixture.files, false).unwrap();
    assert_eq!(fixture.result(child).ended_by, EndedBy::Stop);
}

/// Of a log of any size only the beginning and the end take room, and the agent never waits.
#[cfg(target_os = "linux")]
#[test]
fn a_long_log_is_bounded() {
    use std::os::unix::fs::{FileExt, MetadataExt};
    let fixture = Fixture::new(
        "echo first; head -c 167772160 /dev/zero | tr '\\0' x; echo last; : >ready; until [ -e go ]; do sleep 0.01; done",
    );
    let child = fixture.spawn_until("ready");
    let kept = 2 * super::super::bound::KEPT;
    until(|| fixture.files.log().metadata().unwrap().blocks() * 512 <= kept + (10 << 20));
    std::fs::write(fixture.at("go"), "").unwrap();
    assert_eq!(fixture.result(child).exit, Some(Exit::Code(0)));
    let log = File::open(fixture.files.log()).unwrap();
    assert_eq!(log.metadata().unwrap().len(), 167_772_160 + 11);
    let mut ends = [[0; 6]; 2];
    log.read_exact_at(&mut ends[0], 0).unwrap();
    log.read_exact_at(&mut ends[1], 167_772_160 + 5).unwrap();
    assert_eq!(ends, [*b"first\n", *b"xlast\n"]);
}

/// A process that gives way to its child, again and again, is in no list for long: with the supervisor and without it nothing is
/// left.
#[cfg(target_os = "linux")]
#[test]
fn runners_are_caught() {
    use rustix::process::{Pid, Signal, kill_process};
    for relay in ["sh relay", "setsid sh relay"] {
        let fixture = Fixture::new(": >ready; sh relay; sh relay; sleep 60");
        std::fs::write(fixture.at("relay"), format!("{relay} &\n")).unwrap();
        let child = fixture.spawn_until("ready");
        request_stop(&fixture.files, true).unwrap();
        assert_eq!(fixture.result(child).survivors, Vec::<i32>::new());
        let fixture = Fixture::new(": >ready; sh relay; sh relay; sleep 60");
        std::fs::write(fixture.at("relay"), format!("{relay} &\n")).unwrap();
        let mut child = fixture.spawn_until("ready");
        kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::KILL).unwrap();
        until(|| child.has_ended());
        sweep(&fixture.mark(), &fixture.files.log());
        for _ in 0..10 {
            assert_eq!(fixture.survivors(), 0, "{relay}");
        }
    }
}

#[test]
fn an_attempt_is_run_once() {
    let fixture = Fixture::new("echo once; : >ready; until [ -e go ]; do sleep 0.01; done");
    let child = fixture.spawn_until("ready");
    assert!(matches!(supervisor().spawn(&fixture.files), Err(ProcessError::Supervised { .. })));
    std::fs::write(fixture.at("go"), "").unwrap();
    let record = fixture.result(child);
    assert_eq!(fixture.result(supervisor().spawn(&fixture.files).unwrap()), record);
    assert_eq!(fixture.log(), "once\n");
}

#[test]
fn a_supervisor_started_by_hand_takes_the_lock_itself() {
    let fixture = Fixture::new(": >ready; until [ -e go ]; do sleep 0.01; done");
    fixture.write_launch();
    let mut by_hand = Command::new(std::env::current_exe().unwrap());
    by_hand.args(["process::shim::tests::shim_child", "--exact", "--nocapture"]).arg(&fixture.files.dir);
    by_hand.env("WINDROW_TEST_SHIM", "1").stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    let mut child = by_hand.spawn().unwrap();
    until(|| fixture.at("ready").exists());
    assert!(is_alive(&fixture.files));
    std::fs::write(fixture.at("go"), "").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(read_exit(&fixture.files).unwrap().unwrap().exit, Some(Exit::Code(0)));
    assert!(!is_alive(&fixture.files));
}

#[test]
fn a_log_that_is_a_link_is_not_written_to() {
    let fixture = Fixture::new("echo x");
    std::fs::write(fixture.at("precious"), "precious").unwrap();
    std::os::unix::fs::symlink(fixture.at("precious"), fixture.files.log()).unwrap();
    assert_eq!(fixture.run().ended_by, EndedBy::NotStarted);
    assert_eq!(std::fs::read_to_string(fixture.at("precious")).unwrap(), "precious");
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_yet_is_written_later() {
    let fixture = Fixture::new(": >ready; until [ -e go ]; do sleep 0.01; done");
    let child = fixture.spawn_until("ready");
    let aside = fixture.at("aside");
    std::fs::rename(&fixture.files.dir, &aside).unwrap();
    std::fs::write(fixture.at("go"), "").unwrap();
    until(|| fixture.survivors() == 0);
    std::fs::rename(&aside, &fixture.files.dir).unwrap();
    assert_eq!(fixture.result(child).exit, Some(Exit::Code(0)));
}

/// What is written, however little, is no silence; the check may be silent.
#[test]
fn silence_ends_an_agent_and_nothing_else_does() {
    let mut fixture = Fixture::new("echo first; sleep 1000");
    fixture.launch.silence_ms = Some(400);
    let record = fixture.run();
    assert_eq!((record.ended_by, record.silence_ms), (EndedBy::Silence, Some(400)));
    assert_eq!(fixture.log().lines().next(), Some("first"));
    let mut fixture = Fixture::new("for i in 1 2 3 4 5 6 7 8; do sleep 0.2; printf .; done");
    (fixture.launch.silence_ms, fixture.launch.check) = (Some(1_000), Some(sh("sleep 1.3")));
    let record = fixture.run();
    assert_eq!((record.ended_by, record.check), (ITSELF, Some(Exit::Code(0))));
    assert_eq!(record.silence_ms, None);
}
