//! Windrow: one git worktree and branch per task, an agent in each, and the work brought home.
//!
//! The program is this library behind a `main` of one line. The rest of this page is the map of the house.
//!
//! # Layers
//!
//! ```text
//!                                main
//!                                 │
//!                                cli          arguments, environment, settings files, the one error renderer
//!                                 │
//!                              commands       one file a verb: gather → decide → confirm → apply → report
//!                                 │
//!   ┌──────┬───────────┬─────────┼─────────┬──────────┐
//!  plan  agent     operation   survey    runner      ui       prints, draws, asks; nothing else does
//!   │      │       ╱       ╲      │         │
//!   │      │    store      git ───┘      process              files of ours · git2 and git · agents' processes
//!   │      │       ╲       ╱                │
//!   └──────┴────────── domain ──────────────┘                 values and pure decisions; names nothing
//! ```
//!
//! A layer names those below it that the picture ties it to, and `domain`; `commands` may name every layer; [`error`]
//! turns each layer's facts into what the user reads. `tests/architecture.rs` reads the sources and fails on any other
//! import, on a ring of imports between files, on a file or function that is too long, and on anything outside its home.
//!
//! # Where things live
//!
//! | what | where |
//! |---|---|
//! | a verb: its flags, its help, its five steps | [`commands`], one file each |
//! | what a word means, as a type | [`domain`], with the glossary |
//! | what may be done, decided from values | [`domain`]: [`start`](domain::start), [`merge`](domain::merge), [`clean`](domain::clean), [`undo`](domain::undo), [`evidence`](domain::evidence), [`schedule`](domain::schedule) |
//! | the plan file, with line and column of each problem | [`plan`] |
//! | known clients and how they take a prompt | [`agent`] |
//! | `git2::`, every call of the git executable | [`git`]; what changes a repository in [`git::write`](mod@git::write) |
//! | the journal's use: apply, take back, recover, settle | [`operation`] |
//! | every file of ours, and its layout | [`store`] |
//! | the supervisor of an attempt, signals, process trees | [`process`] |
//! | the loop that runs a plan | [`runner`] |
//! | parallel status of all worktrees | [`survey`] |
//! | text, tables, live lines, JSON, prompts, the escape filter | [`ui`] |
//! | environment, clock, settings files | [`cli`] |
//! | wording of the way out of an error; exit codes | [`error`] |
//!
//! # One value in the middle
//!
//! A verb that changes something computes actions ([`domain::action::Action`]) from values. A dry run, the question to
//! the user, the JSON document, the journal, recovery and `undo` are views of those same actions; [`operation`] alone
//! applies them. Before the first of them is applied, all of them are in the journal.
//!
//! # Five journeys
//!
//! - **start**: `commands::start` turns names into requests; `domain::start` refuses or gives actions; under the
//!   topology lock `operation` journals them and `git::write::create` registers each worktree by one rename; the
//!   checkouts run in parallel, outside the lock.
//! - **run**: `plan` reads the file; `commands::run` decides for each task whether it is finished, goes on or begins;
//!   `runner` owns the schedule and hears events; for each attempt a worktree is made (as by `start`), a supervisor
//!   (`process`, the program itself as `__shim`) is launched and outlives us if it must; its `exit.json` and git's state
//!   are the evidence from which `operation::settle` computes the outcome and commits what was left.
//! - **status**: `commands::gather` reads tasks, journal and attempts; `survey` looks at every worktree in parallel, with
//!   no index touched; merges are computed by `git merge-tree` with their objects outside the repository.
//! - **merge**: `domain::merge` chooses the target and turns tasks away; `operation::land` computes one merge after the
//!   other in memory; one action moves the target: files first where it is checked out, then the ref, by
//!   compare-and-swap (`git::write::advance`).
//! - **clean and undo**: `git::inventory` finds everything that would leave with a worktree; `domain::clean` keeps it or
//!   lets it go; a rescue ref holds every object, then a rename moves the worktree to the trash. `domain::undo` inverts
//!   the actions of an operation where refs and paths are still as it left them.
//!
//! # Invariants, and a test that fails without each
//!
//! | invariant | test |
//! |---|---|
//! | worktrees are made whole or not at all, many at once | `src/git/write/create.rs: many_at_once_beside_prune_and_gc`, `src/git/write/create.rs: what_a_killed_registration_left_is_taken_back_or_taken_up` |
//! | libgit2 where it gives git's answer, git where not, else a refusal | `src/git/preflight.rs: settings_that_libgit2_does_not_follow`, `src/git/preflight.rs: formats_that_we_do_not_write_are_refused` |
//! | a merge is git's merge | `src/git/merge/differential.rs: merge_equals_git_merge` |
//! | an agent's worktree is looked at without a trace, and nothing planted there is run | `src/git/status/tests.rs: what_a_worktree_plants_is_not_run` |
//! | a removal is a rename, and comes back byte for byte | `src/git/write/trash.rs: everything_comes_back_byte_for_byte`, `src/git/write/trash.rs: a_mount_point_is_refused` |
//! | what is removed stays alive in git | `src/git/write/rescue/tests.rs: commits_that_only_the_reflog_names` |
//! | nothing leaves that nobody has asked about | `src/git/inventory/tests.rs: all_classes_at_once_and_nothing_is_written` |
//! | a branch that is checked out moves with its files or not at all | `src/git/write/advance/tests.rs: restoring_after_a_death_at_every_step`, `src/git/write/advance/tests.rs: untracked_and_ignored_files` |
//! | every move of a ref is compare-and-swap | `src/git/write/refs.rs: no_update_is_lost_in_a_race` |
//! | a supervisor per attempt; stopping reaches every descendant | `src/process/shim/tests.rs: daemons_with_sessions_and_environments_of_their_own_are_ended`, `src/process/shim/tests.rs: a_killed_supervisor_is_lost_and_what_it_leaves_is_swept` |
//! | done means done | `src/domain/evidence.rs: first_that_applies` |
//! | what an agent writes never reaches a terminal as it is | `src/ui/escape.rs: nothing_of_the_corpus_comes_through` |
//! | layers, homes and sizes | `tests/architecture.rs: the_layers_name_only_what_the_picture_shows`, `tests/architecture.rs: things_live_in_their_homes` |

pub mod agent;
pub mod cli;
pub mod commands;
pub mod domain;
pub mod error;
pub mod git;
pub mod operation;
pub mod plan;
pub mod process;
pub mod runner;
pub mod store;
pub mod survey;
pub mod ui;
