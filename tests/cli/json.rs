//! What holds of every document.

use crate::env::Env;

#[test]
fn every_verb_gives_one_document() {
    let env = Env::new();
    env.task("api", &[("new", "1\n")]);
    for arguments in [
        &["status"][..],
        &["path", "api"],
        &["diff", "api"],
        &["start", "b"],
        &["merge", "api"],
        &["clean", "api"],
        &["history"],
        &["undo"],
        // Refused, of every kind.
        &["start", "api"],
        &["start", "a b"],
        &["diff"],
        &["clean", "nope"],
        &["undo", "nope"],
        &["merge", "b", "--into", "nope"],
    ] {
        let ran = env.run(&[arguments, &["--json"]].concat());
        let document = ran.json();
        assert_eq!(
            (&document["schema"], &document["command"]),
            (&1.into(), &arguments[0].into()),
            "{document:#}"
        );
        assert_eq!(document.get("error").is_some(), ran.code != 0, "{document:#}");
        assert_eq!(ran.stderr, "", "{arguments:?}");
        for key in document.as_object().unwrap().keys() {
            assert!(key.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{key}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn paths_that_are_not_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let env = Env::new();
    let tree = env.task("api", &[]);
    std::fs::write(tree.join(std::ffi::OsStr::from_bytes(b"a\xffb\x1b")), "1\n").unwrap();
    let file = &env.refused(0, &["diff", "api", "--json"]).json()["tasks"][0]["files"][0];
    assert_eq!((&file["path"], &file["path-bytes"]), (&"a%FFb\u{1b}".into(), &"61ff621b".into()));
    let kept = env.refused(1, &["clean", "api", "--json"]).json();
    assert_eq!(kept["kept"][0]["paths"], serde_json::json!(["a%FFb\u{1b}"]));
    let rejected = env.refused(1, &["merge", "api", "--json"]).json();
    assert_eq!(rejected["rejected"][0]["paths-bytes"], serde_json::json!(["61ff621b"]));
    for arguments in [&["diff", "api", "--name-only"][..], &["clean", "api"], &["merge", "api"]] {
        let shown = env.run(arguments);
        assert!(shown.stdout.contains("\"a\\377b\\033\"") && !shown.stdout.contains('\u{1b}'), "{shown}");
    }
}
