//! `report`: the integration report of a run.

use crate::env::Env;

fn prepared() -> Env {
    let env = Env::new();
    env.plan(
        "jobs = 1\n",
        &[
            ("api", "# Write `api` | it\necho one >api; git add api; git commit -qm 'api | one'; echo 'All `good` ```'"),
            ("clash", "echo theirs >file; printf '\\033[31mred\\033[0m \\033]0;x\\007\\n'"),
            ("tests", "+ after = [\"api\"]\nexit 1"),
            ("docs", "+ after = [\"tests\"]\ntrue"),
        ],
    );
    env.run(&["run", "../plan.toml"]).exits(4);
    env.write("file", "ours\n");
    env.commit("ours");
    env.run(&["merge", "api"]).exits(0);
    env
}

#[test]
fn markdown() {
    let env = prepared();
    // The commit's message names the run, so that its id differs from run to run.
    let landed = env.git(&["rev-parse", "--short=9", "main"]);
    let report = env.run(&["report"]).exits(0).stdout.replace(&landed, "[OID]");
    insta::assert_snapshot!(report, @r"
    # Run [ID]

    Started [TIME] of `../plan.toml`: 4 tasks, 2 done.

    | Task | Outcome | Change | Merge | Time |
    |---|---|---|---|---|
    | `api` | done | 1 file, +1 | landed in `main` as [OID] | [T] |
    | `clash` | done | 1 file, +1 −1 | conflict in 1 file | [T] |
    | `tests` | failed | no change | up-to-date | [T] |
    | `docs` | skipped |  |  |  |

    ## `api`: done

    - Prompt: ``# Write `api` | it``
    - Agent: `sh`
    - Branch: `api` (base `main`)
    - Evidence: `exit 0, 1 commit`
    - Merge: landed in `main` as [OID]
    - Next: `windrow clean api`

    ````text
    All `good` ```
    ````

    ## `clash`: done

    - Prompt: `echo theirs >file; printf '\033[31mred\033[[T] \033]0;x\007\n'`
    - Agent: `sh`
    - Branch: `clash` (base `main`)
    - Evidence: `exit 0, no commit, leftovers committed (1 unstaged)`
    - Merge: conflict in 1 file
      - `file` (`content`)
    - Next: `windrow diff clash`

    ```text
    red \x1b]0;x\x07
    ```

    ## `tests`: failed

    - Prompt: `exit 1`
    - Agent: `sh`
    - Branch: `tests` (base `api`)
    - Evidence: `exit 1, no commit`
    - Merge: up-to-date
    - Next: `windrow logs tests`

    ## `docs`: skipped

    - Prompt: `true`
    - Agent: `sh`
    - Evidence: ``it comes after `tests`, which is failed``
    - Next: `windrow run ../plan.toml`
    ");
}

#[test]
fn json() {
    let env = prepared();
    let json = env.run(&["report", "--json"]).json();
    assert_eq!(json, env.run(&["report", "--format", "json"]).json());
    let tasks = json["tasks"].as_array().unwrap();
    let outcomes: Vec<_> = tasks.iter().map(|task| task["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "done", "failed", "skipped"]);
    assert_eq!((json["schema"].as_u64(), json["command"].as_str()), (Some(1), Some("report")));
    for task in tasks {
        assert!(task["evidence"].is_array() && task["next"].is_string(), "{task:#}");
    }
}

#[test]
fn runs_are_named() {
    let env = Env::new();
    insta::assert_snapshot!(env.run(&["report"]), @"
    --- stderr
    error: there is no run yet
    hint: windrow run plan.toml
    --- exit 1
    ");
    env.run(&["run", "a=echo a >a", "--command", "sh"]).exits(0);
    env.run(&["run", "b=echo b >b", "--command", "sh"]).exits(0);
    let run = env.attempts("a")[0].iter().rev().nth(2).unwrap().to_string_lossy().into_owned();
    let json = env.run(&["report", &run, "--json"]).json();
    assert_eq!(json["tasks"][0]["name"], "a");
    assert_eq!(env.run(&["report", "--json"]).json()["tasks"][0]["name"], "b");
    insta::assert_snapshot!(env.run(&["report", "nope"]), @"
    --- stderr
    error: there is no run `nope`
    hint: windrow history
    --- exit 1
    ");
}
