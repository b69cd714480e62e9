//! What every help text says, at a terminal of 80 columns.

use crate::env::Env;

const VERBS: [&str; 27] = [
    "start",
    "adopt",
    "run",
    "plan",
    "status",
    "logs",
    "wait",
    "stop",
    "send",
    "path",
    "diff",
    "review",
    "forecast",
    "merge",
    "clean",
    "undo",
    "redo",
    "history",
    "trash",
    "report",
    "init",
    "agents",
    "doctor",
    "approve",
    "shell-init",
    "completions",
    "man",
];

fn help(env: &Env, arguments: &[&str]) -> String {
    let output = env.windrow(&env.dir()).env("COLUMNS", "80").args(arguments).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Gives a verb's help without the flags that all have.
fn own(env: &Env, verb: &str) -> String {
    let text = help(env, &[verb, "--help"]);
    let (own, global) = text.split_once("Global options:\n").unwrap();
    assert!(global.contains("--dry-run") && global.contains("--json"), "{text}");
    own.trim_end().to_owned()
}

#[test]
fn every_verb_is_looked_at() {
    let text = help(&Env::empty(), &["-h"]);
    let (_, commands) = text.split_once("Commands:\n").unwrap();
    let verbs = commands.lines().take_while(|line| !line.is_empty());
    let named =
        verbs.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    assert_eq!(named.collect::<Vec<_>>(), [&VERBS[..], &["help"]].concat());
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    let env = Env::empty();
    for verb in std::iter::once("").chain(VERBS) {
        let words: Vec<&str> = [verb, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        for line in help(&env, &words).lines() {
            assert!(line.chars().count() <= 80, "{verb}: {line}");
        }
    }
}

#[test]
fn help_works_without_a_repository_and_by_either_way() {
    let env = Env::empty();
    assert_eq!(help(&env, &["help", "merge"]), help(&env, &["merge", "--help"]));
    assert_eq!(help(&env, &["help"]), help(&env, &["--help"]));
}

#[test]
fn a_wrong_command_line() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["strat", "api"]), @"
    --- stderr
    error: unrecognized subcommand 'strat'

      tip: some similar subcommands exist: 'trash', 'status', 'start'

    Usage: windrow [OPTIONS] <COMMAND>

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["run", "--json", "--agent", "a", "--command", "b"]), @r#"
    {
      "command": "run",
      "error": {
        "causes": [],
        "hints": [
          "Usage: windrow run --json --agent <AGENT> [PLAN | NAME=PROMPT]...",
          "For more information, try '--help'."
        ],
        "kind": "usage",
        "message": "the argument '--agent <AGENT>' cannot be used with '--command <LINE>'"
      },
      "schema": 1
    }
    --- exit 2
    "#);
    let ran = env.run(&["merge", "--json", "--strategy", "octopus"]).exits(2);
    assert_eq!(ran.json()["error"]["kind"], "usage");
    assert_eq!(ran.json()["command"], "merge");
}

#[test]
fn the_program_at_length() {
    insta::assert_snapshot!(help(&Env::empty(), &["--help"]), @"
    One git worktree and branch per task, an agent in each, and the work brought
    home

    windrow starts a git worktree and a branch for each task, runs an agent in each
    of them in parallel, judges what came of it by evidence, and merges, cleans up
    and undoes.

    Usage: windrow [OPTIONS] <COMMAND>

    Commands:
      start        Make a branch and a worktree for each name, in parallel
      adopt        Make a task of a worktree that something else created
      run          Run agents on tasks, in parallel: a worktree, a branch and an
                   agent each
      plan         Show what a plan would run: order, bases, agents, overlapping
                   paths
      status       Show every task: what its agent does, what is uncommitted, how
                   far it is from its base, whether it would merge [alias: ls]
      logs         Print what a task's agent wrote
      wait         Wait for running tasks, and say what became of each
      stop         End running tasks: ask their agents, wait a little, then end all
                   of their processes
      send         Give a task's agent a follow-up, in the same session and the same
                   worktree
      path         Print the path of a task's worktree
      diff         Show what a task changed against its merge base: commits, staged,
                   unstaged and untracked in one
      review       Read what tasks changed, file by file, and decide what becomes of
                   each
      forecast     Show which tasks conflict with their base and with each other,
                   where, and in which order they should land
      merge        Merge tasks back into their base: one after the other on the
                   moving tip, dependencies first
      clean        Remove worktrees and branches of finished tasks, with the reason
                   for each
      undo         Take back the newest operation that is not undone, or the one
                   that is named
      redo         Take back the newest undo
      history      List what was done, newest first, and what of it is undone
      trash        Show the trash, bring things back from it, or empty it
      report       Write the integration report of a run: what each task was asked,
                   what came of it, what to do next
      init         Write a starter plan.toml and .config/windrow.toml, every key
                   explained
      agents       List the agents that a plan can name, and which of them are
                   installed
      doctor       Say what this repository and this machine can do, and what is
                   left over of work that was cut off
      approve      Approve the commands of the repository's own settings, or what an
                   agent changed that decides what runs
      shell-init   Print what a shell needs for `wcd NAME`, a cd into a task's
                   worktree, and for completion of the names that exist now
      completions  Print the completion script of a shell
      man          Write the manual pages into a directory
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Global options:
      -C <PATH>
              Run as if started in PATH

          --json
              Write one JSON document (of `run` and `logs -f`, JSON lines) to
              standard output

          --color <WHEN>
              Write colours: on a terminal, always or never

              [default: auto]
              [possible values: auto, always, never]

          --no-pager
              Never send long output to a pager

      -q, --quiet
              Leave out narration

      -v, --verbose...
              Say more

      -y, --yes
              Consent where it would be asked for

          --dry-run
              Show what would be changed, and change nothing

    The main job:
      windrow run plan.toml   worktrees, branches and agents, in parallel
      windrow status          who did what, what is uncommitted, what would merge
      windrow diff NAME       commits, staged, unstaged and untracked in one
      windrow forecast        who will conflict with whom, and in which order to
      land
      windrow merge --all     land what is done
      windrow clean           remove what is finished
      windrow undo            take any of it back

    A task is named by its name or its branch; @ is the one you stand in.

    Exit codes:
      0    done, or nothing to do
      1    refused; nothing was changed
      2    the command line is wrong
      3    a conflict
      4    a task did not succeed, or not all was done
      5    a gate failed
      6    the plan or the settings are invalid
      7    not a repository, one that is not supported, or git is too old
      70   a defect of windrow
      130  interrupted
      143  terminated
    ");
}

#[test]
fn the_program() {
    insta::assert_snapshot!(help(&Env::empty(), &["-h"]), @"
    One git worktree and branch per task, an agent in each, and the work brought
    home

    Usage: windrow [OPTIONS] <COMMAND>

    Commands:
      start        Make a branch and a worktree for each name, in parallel
      adopt        Make a task of a worktree that something else created
      run          Run agents on tasks, in parallel: a worktree, a branch and an
                   agent each
      plan         Show what a plan would run: order, bases, agents, overlapping
                   paths
      status       Show every task: what its agent does, what is uncommitted, how
                   far it is from its base, whether it would merge [alias: ls]
      logs         Print what a task's agent wrote
      wait         Wait for running tasks, and say what became of each
      stop         End running tasks: ask their agents, wait a little, then end all
                   of their processes
      send         Give a task's agent a follow-up, in the same session and the same
                   worktree
      path         Print the path of a task's worktree
      diff         Show what a task changed against its merge base: commits, staged,
                   unstaged and untracked in one
      review       Read what tasks changed, file by file, and decide what becomes of
                   each
      forecast     Show which tasks conflict with their base and with each other,
                   where, and in which order they should land
      merge        Merge tasks back into their base: one after the other on the
                   moving tip, dependencies first
      clean        Remove worktrees and branches of finished tasks, with the reason
                   for each
      undo         Take back the newest operation that is not undone, or the one
                   that is named
      redo         Take back the newest undo
      history      List what was done, newest first, and what of it is undone
      trash        Show the trash, bring things back from it, or empty it
      report       Write the integration report of a run: what each task was asked,
                   what came of it, what to do next
      init         Write a starter plan.toml and .config/windrow.toml, every key
                   explained
      agents       List the agents that a plan can name, and which of them are
                   installed
      doctor       Say what this repository and this machine can do, and what is
                   left over of work that was cut off
      approve      Approve the commands of the repository's own settings, or what an
                   agent changed that decides what runs
      shell-init   Print what a shell needs for `wcd NAME`, a cd into a task's
                   worktree, and for completion of the names that exist now
      completions  Print the completion script of a shell
      man          Write the manual pages into a directory
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Global options:
      -C <PATH>           Run as if started in PATH
          --json          Write one JSON document (of `run` and `logs -f`, JSON
                          lines) to standard output
          --color <WHEN>  Write colours: on a terminal, always or never [default:
                          auto] [possible values: auto, always, never]
          --no-pager      Never send long output to a pager
      -q, --quiet         Leave out narration
      -v, --verbose...    Say more
      -y, --yes           Consent where it would be asked for
          --dry-run       Show what would be changed, and change nothing

    The main job:
      windrow run plan.toml   worktrees, branches and agents, in parallel
      windrow status          who did what, what is uncommitted, what would merge
      windrow diff NAME       commits, staged, unstaged and untracked in one
      windrow forecast        who will conflict with whom, and in which order to
      land
      windrow merge --all     land what is done
      windrow clean           remove what is finished
      windrow undo            take any of it back

    A task is named by its name or its branch; @ is the one you stand in.

    Exit codes:
      0    done, or nothing to do
      1    refused; nothing was changed
      2    the command line is wrong
      3    a conflict
      4    a task did not succeed, or not all was done
      5    a gate failed
      6    the plan or the settings are invalid
      7    not a repository, one that is not supported, or git is too old
      70   a defect of windrow
      130  interrupted
      143  terminated
    ");
}

#[test]
fn start() {
    insta::assert_snapshot!(own(&Env::empty(), "start"), @"
    Make a branch and a worktree for each name, in parallel

    Each worktree starts at the commit one stands on (or at --base) and remembers
    the branch it will be merged back into. A branch that exists and is free is
    taken up as it is. All checks come before anything is made: either all names are
    started, or none. Ignored files that the settings `copy` and `link` or a
    `.worktreeinclude` name come along; then `setup` runs in each.

    Exit codes: 0 done · 1 refused, nothing changed · 4 the setup of a worktree
    failed, which stays.

    Usage: windrow start [OPTIONS] <NAME>...

    Arguments:
      <NAME>...
              Names of the tasks: valid branch names

    Options:
          --base <REF>
              Branch or commit to start from [default: HEAD of the worktree one
              stands in]

          --branch <BRANCH>
              Branch of the task, where it is not to be its name; with one NAME

          --carry
              Move the uncommitted changes of the worktree one stands in to the new
              one; with one NAME

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn adopt() {
    insta::assert_snapshot!(own(&Env::empty(), "adopt"), @"
    Make a task of a worktree that something else created

    The worktree stays where it is; git, an agent or another tool may have made it.
    Its branch's name becomes the task's. The branch that it came from is guessed
    and shown: --base names another. `windrow undo` forgets the task and touches
    nothing.

    Usage: windrow adopt [OPTIONS] <PATH>...

    Arguments:
      <PATH>...
              Roots of worktrees, as `git worktree list` shows them

    Options:
          --name <NAME>
              Name of the task, where it is not to be the branch's; with one PATH

          --base <REF>
              Branch that it is merged back into [default: the nearest one]

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn run() {
    insta::assert_snapshot!(own(&Env::empty(), "run"), @"
    Run agents on tasks, in parallel: a worktree, a branch and an agent each

    The tasks come from a plan file, from NAME=PROMPT pairs, or both. Dependencies
    are respected: a task starts from the tip of the one it comes after. Every
    outcome is judged by evidence: exit status, commits, files, the task's check.
    What an agent leaves uncommitted is committed to the task's branch. The same
    command again goes on: finished tasks are kept, the others get a new attempt in
    the same worktree. The first interrupt stops the agents and ends the run, the
    second kills them.

    Exit codes: 0 all done · 1 refused · 4 a task is not done · 6 the plan is
    invalid · 130/143 interrupted.

    Usage: windrow run [OPTIONS] [PLAN | NAME=PROMPT]...

    Arguments:
      [PLAN | NAME=PROMPT]...
              A plan file, and NAME=PROMPT pairs

    Options:
          --task <NAME>
              Run only this task of the plan; may be given more than once

      -j, --jobs <N>
              How many agents run at once [default: 4]

          --base <REF>
              Branch or commit to start from, where the plan does not say [default:
              HEAD]

          --agent <AGENT>
              Agent for every task: one of the plan's, of the settings', or a known
              client

          --command <LINE>
              Shell line to run as the agent of every task; it reads the prompt from
              standard input

          --timeout <DURATION>
              Wall-clock limit of each agent, such as 90s, 30m or 2h

          --max-cost <DOLLARS>
              Start no more agents once the run has cost this many US dollars;
              running ones finish

          --detach
              Let the run go on without this terminal, and print how to follow it

          --fresh
              Move worktrees and branches of these tasks to the trash first,
              finished ones too, and begin anew

          --fail-fast
              After the first task that is not done, start no more

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn plan() {
    insta::assert_snapshot!(own(&Env::empty(), "plan"), @"
    Show what a plan would run: order, bases, agents, overlapping paths

    Reads the plan, says everything that is wrong with it, with line and column, and
    changes nothing.

    Exit codes: 0 it can be run · 6 the plan is invalid.

    Usage: windrow plan [OPTIONS] [PLAN]

    Arguments:
      [PLAN]
              The plan file

              [default: plan.toml]

    Options:
      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn status() {
    insta::assert_snapshot!(own(&Env::empty(), "status"), @"
    Show every task: what its agent does, what is uncommitted, how far it is from
    its base, whether it would merge

    Worktrees that are no task's are listed apart. Nothing is changed, and no
    agent's index is touched.

    Usage: windrow status [OPTIONS] [NAME]...

    Arguments:
      [NAME]...
              Only these tasks

    Options:
          --watch
              Show it again whenever something changes, until interrupted

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn logs() {
    insta::assert_snapshot!(own(&Env::empty(), "logs"), @"
    Print what a task's agent wrote

    Of a client that writes events, what it said and did. Control characters are
    made visible; --raw prints the bytes as they are. Of a log of more than 64 MiB
    the middle is not kept. Logs of removed tasks are.

    Usage: windrow logs [OPTIONS] [NAME]

    Arguments:
      [NAME]
              The task, or its branch [default: the task one stands in]

    Options:
      -f, --follow
              Go on until the agent ends

          --run <ID>
              The run whose log is meant [default: the last one]

          --all
              The logs of all tasks; with --follow, what all agents at work write,
              each line after its task

          --raw
              Print bytes as they are

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn path() {
    insta::assert_snapshot!(own(&Env::empty(), "path"), @r#"
    Print the path of a task's worktree

    For `cd "$(windrow path NAME)"`.

    Usage: windrow path [OPTIONS] [NAME]

    Arguments:
      [NAME]
              The task, or its branch [default: the task one stands in]

    Options:
      -h, --help
              Print help (see a summary with '-h')
    "#);
}

#[test]
fn diff() {
    insta::assert_snapshot!(own(&Env::empty(), "diff"), @"
    Show what a task changed against its merge base: commits, staged, unstaged and
    untracked in one

    The agent's index is not touched. With several names, or with --stat and none,
    each is shown under its name.

    Usage: windrow diff [OPTIONS] [NAME]...

    Arguments:
      [NAME]...
              The tasks, or A..B to compare two of them [default: the one that one
              stands in; with --stat or --name-only, all]

    Options:
          --stat
              Files and counts of lines instead of the text

          --name-only
              Names of files only

          --since-review
              Only what is new since the task was accepted in `review`; before that,
              only files not marked as viewed

          --attempt <N>
              Only what one attempt of the task's agent changed, counted from 1 over
              all its runs: from its start to the next one's, or to now

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn review() {
    insta::assert_snapshot!(own(&Env::empty(), "review"), @"
    Read what tasks changed, file by file, and decide what becomes of each

    First a list of the tasks, then one file after the other with the words that
    differ; the keys stand below. What was viewed stays marked until the file
    changes on either side. Files that .gitattributes calls linguist-generated, and
    lock files of package managers, are folded. Notes are kept until they are sent
    to the agent. Accept notes that the task was read at its tip; merge and discard
    are those of the verbs `merge` and `clean`. Index and objects are not touched.

    Without a terminal, the list and all differences as text.

    Usage: windrow review [OPTIONS] [NAME]...

    Arguments:
      [NAME]...
              The tasks [default: the one that one stands in]

    Options:
          --all
              Every task that changed something

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn merge() {
    insta::assert_snapshot!(own(&Env::empty(), "merge"), @"
    Merge tasks back into their base: one after the other on the moving tip,
    dependencies first

    Each merge is computed in memory by git; a conflict lists its files and changes
    nothing. The target moves once, with the files of the worktree that has it
    checked out; uncommitted changes there that are not in the way are kept.
    Worktrees and branches of tasks stay without --clean. Only commits are landed: a
    task with uncommitted changes is turned away without --commit. On a terminal
    each task can be landed, read, resolved or left out.

    A conflict is solved in the task's worktree: --resolve merges the target there,
    as git merge does, --continue commits that and lands the task, --abort ends it.

    Hooks that look at a worktree or a message do not run on what is computed in
    memory, and that is said; post-merge runs where the target is checked out, and
    all of them run on what --commit and --continue commit.

    A gate is tested on each state of the train, the target with the first task,
    with the first two and so on, several at once in scratch worktrees; a task whose
    state fails is left out and the states behind it are built anew. States that
    passed are remembered.

    Reasons for turning a task away: conflict gate-failed base-red dirty not-ff
    held-back running needs-attention target-moved, and with --all the outcome that
    is not done: failed timed-out stopped lost denied over-budget rate-limited
    empty.

    Exit codes: 0 all landed, or nothing to land · 1 refused, nothing changed · 3 a
    conflict · 4 partly landed · 5 a gate failed.

    Usage: windrow merge [OPTIONS] [NAME]...

    Arguments:
      [NAME]...
              The tasks [default: the one that one stands in]

    Options:
          --all
              Every task that is done, or was never run, and has something to land

          --skip <NAME>
              Leave this task out, and what stands on it; may be given more than
              once

          --into <BRANCH>
              Branch to merge into [default: the root of the tasks' bases]

          --strategy <STRATEGY>
              How commits come into the target [default: merge; with --continue,
              what --resolve was given]

              Possible values:
              - merge:  A merge commit, always
              - squash: One commit with all changes
              - rebase: Each commit made again on the target, as git rebase does
              - ff:     Move the target to the branch's tip, or turn the task away

          --gate <CMD>
              Shell line that has to succeed on the merged tree [default: the plan's
              at the time of the run, else the settings']

      -j, --jobs <N>
              How many states are tested at once [default: half of the processors,
              at most 4]

          --gate-retries <N>
              How often a gate that fails is tried again; one that passes then is
              flaky, and lands

              [default: 0]

          --gate-timeout <D>
              How long a gate may take on one state; one that takes longer fails
              [default: the settings', else no limit]

          --no-cache
              Test again what has passed before

          --expect <DIGEST>
              Land only if it is exactly what a dry run showed with this digest

          --resolver <CMD>
              Shell line that solves conflicts with the target in a task's worktree;
              their paths are in WINDROW_CONFLICTS, and what it makes of them is
              tested like all else

      -m, --message <TEXT>
              Message of a squash or a merge commit: a template with {task} {branch}
              {into} {run} {title} {commits} [default of a squash: the settings'
              `squash-message`]

          --message-command <CMD>
              Shell line that writes the message of a task's squash or merge commit;
              it reads the change as a patch

          --commit
              Commit first what is uncommitted in the tasks' worktrees, hooks and
              signing included

          --clean
              Remove the worktrees and branches of what was landed, as clean does

          --resolve
              Merge the target into the task's branch, in its worktree, to solve
              conflicts there

          --continue
              Commit the merge that --resolve began, and land the task

          --abort
              End the merge that --resolve began; the worktree is again as it was
              before

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn clean() {
    insta::assert_snapshot!(own(&Env::empty(), "clean"), @"
    Remove worktrees and branches of finished tasks, with the reason for each

    A worktree goes only when everything it holds is in its base: uncommitted,
    untracked and ignored files, commits, unfinished merges, repositories inside all
    keep it. What goes is moved to the trash, and `windrow undo` brings it back.
    Without names, every task that is finished.

    Classes for --discard: tracked staged hidden untracked ignored unmerged detached
    in-progress conflicts nested submodule.

    Reasons for going: ancestor same-tree squash rebase discarded missing, or named.
    Reasons for staying: a class, or fresh empty missing running in-use own-cwd
    locked foreign changed.

    Exit codes: 0 also where some are kept · 1 refused, nothing changed · 4 a task
    that was named is kept.

    Usage: windrow clean [OPTIONS] [NAME]...

    Arguments:
      [NAME]...
              The tasks [default: all that are finished]

    Options:
          --discard <CLASS>
              Let this class of content go with its worktree; may be given more than
              once

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn undo() {
    insta::assert_snapshot!(own(&Env::empty(), "undo"), @"
    Take back the newest operation that is not undone, or the one that is named

    A run is taken back as one. Worktrees go to the trash, branches are deleted or
    put back, a target branch and its checked-out files return to where they were.
    Nothing is taken back that somebody worked on since: then the ref or the path is
    named and nothing is changed.

    Usage: windrow undo [OPTIONS] [ID]

    Arguments:
      [ID]
              The operation, as `windrow history` lists it; its last four digits
              will do

    Options:
      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn history() {
    insta::assert_snapshot!(own(&Env::empty(), "history"), @"
    List what was done, newest first, and what of it is undone

    A run is one row. `windrow undo ID` takes any of them back; `windrow redo` the
    newest undo.

    Usage: windrow history [OPTIONS]

    Options:
      -n, --limit <N>
              How many rows to show

              [default: 20]

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn report() {
    insta::assert_snapshot!(own(&Env::empty(), "report"), @"
    Write the integration report of a run: what each task was asked, what came of
    it, what to do next

    It goes to standard output: windrow report > report.md

    Usage: windrow report [OPTIONS] [RUN]

    Arguments:
      [RUN]
              The run, by its id or the last four digits of it [default: the last
              one]

    Options:
          --format <FORMAT>
              Form of the report

              Possible values:
              - md:   Markdown
              - json: The JSON document

              [default: md]

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn completions() {
    insta::assert_snapshot!(own(&Env::empty(), "completions"), @"
    Print the completion script of a shell

    Where the shells look for it:

      bash  ~/.local/share/bash-completion/completions/windrow
      zsh   _windrow, in a directory of $fpath
      fish  ~/.config/fish/completions/windrow.fish

    Usage: windrow completions [OPTIONS] <SHELL>

    Arguments:
      <SHELL>
              The shell

              [possible values: bash, elvish, fish, powershell, zsh]

    Options:
      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn wait() {
    insta::assert_snapshot!(own(&Env::empty(), "wait"), @"
    Wait for running tasks, and say what became of each

    An interrupt ends the waiting; the agents go on. Of a task that is named and
    does not run, its last outcome is told. Without names, all that run or wait for
    their turn.

    Exit codes: 0 all done, or nothing to wait for · 4 a task is not done, or the
    time is over · 130/143 interrupted.

    Usage: windrow wait [OPTIONS] [NAME]...

    Arguments:
      [NAME]...
              The tasks [default: all that run]

    Options:
          --run <ID>
              All tasks of this run

          --timeout <DURATION>
              Wait no longer than this, such as 90s, 30m or 2h

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn stop() {
    insta::assert_snapshot!(own(&Env::empty(), "stop"), @"
    End running tasks: ask their agents, wait a little, then end all of their
    processes

    Agents are asked to end and killed five seconds later, with everything that they
    started. What they changed stays in their worktrees. With --all the runs end
    too, so that no further task begins.

    Exit codes: 0 all have ended, or nothing runs · 1 refused · 4 something did not
    end · 130/143 interrupted.

    Usage: windrow stop [OPTIONS] [NAME]...

    Arguments:
      [NAME]...
              The tasks [default: the task one stands in]

    Options:
          --all
              All running tasks, and the runs that they belong to

          --kill
              Do not ask, kill

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn approve() {
    insta::assert_snapshot!(own(&Env::empty(), "approve"), @"
    Approve the commands of the repository's own settings, or what an agent changed
    that decides what runs

    Commands of .config/windrow.toml (`setup`, `gate`, agents) came with the
    repository, so none of them runs before it has been approved. This shows those
    that are not, and approves them; a command that changes has to be approved
    again. What you write in your own settings or in a plan that you name needs no
    approval. Approvals are kept outside of the repository.

    With NAME, accepts what changed while that task's agent ran of the repository's
    configuration, its hooks, its info files and what ties the worktree to it: the
    names are shown. Until then the task is not merged, and no agent runs on it.

    Exit codes: 0 approved, or nothing to approve · 1 refused.

    Usage: windrow approve [OPTIONS] [NAME]

    Arguments:
      [NAME]
              The task whose agent changed such files

    Options:
          --revoke
              Take all approvals of this repository back

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn forecast() {
    insta::assert_snapshot!(own(&Env::empty(), "forecast"), @"
    Show which tasks conflict with their base and with each other, where, and in
    which order they should land

    Counted as it is now: what agents have not committed yet too. The truth is `git
    merge-tree`; nothing is merged, and neither an agent's index nor the
    repository's objects are touched. With two names (or one, against its base) the
    text of the conflicts is shown. The order is one that was walked: each task
    merged onto those before it.

    Exit codes: 0 nothing conflicts · 3 something does.

    Usage: windrow forecast [OPTIONS] [NAME]...

    Arguments:
      [NAME]...
              Only these tasks [default: all]

    Options:
          --watch
              Show it again whenever something changes, until interrupted

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn send() {
    insta::assert_snapshot!(own(&Env::empty(), "send"), @"
    Give a task's agent a follow-up, in the same session and the same worktree

    A new attempt of the task: judged, and what it leaves committed, as any other;
    the task stays the one that its plan defines. A client that cannot continue a
    session begins a new one and gets the prompt alone. Without PROMPT the notes
    that `review` collected are sent. `-` reads the prompt from standard input.

    Exit codes: 0 done · 1 refused, as where its agent is at work · 4 it is not done
    · 130/143 interrupted.

    Usage: windrow send [OPTIONS] <NAME> [PROMPT]

    Arguments:
      <NAME>
              The task [default: the one that one stands in]

      [PROMPT]
              What to say; without it, the notes of `review`

    Options:
      -h, --help
              Print help (see a summary with '-h')
    ");
}
