//! Refs change by compare-and-swap only: a ref that is not what it was expected to be stays as it is.
//!
//! libgit2 does not wait for a ref's lock as git does; a held lock is tried again for about three seconds here.

mod packed;

use std::hash::{BuildHasher, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use git2::{ErrorClass, ErrorCode};

use super::owned::{self, OwnedLock, Owner};
use crate::domain::oid::CommitId;
use crate::domain::place::Place;
use crate::git::convert::{commit_id, oid};
use crate::git::{GitError, Repo};

/// How long all waits for a lock may take together.
const PATIENCE: Duration = Duration::from_secs(3);

/// How old a lock file must be to be left over from a process that died.
const STALE: Duration = Duration::from_secs(2);

/// Creates a ref; tells whether it did: false when the ref names `at` already. Any other value is
/// [`GitError::RefMoved`] with nothing expected; a name that another ref's name stands in is
/// [`GitError::RefInTheWay`].
pub fn create(repo: &Repo, name: &str, at: CommitId, message: &str) -> Result<bool, GitError> {
    match target(repo, name)? {
        Some(found) if found == at => return Ok(false),
        Some(found) => return Err(moved(name, None, Some(found))),
        None => refuse_in_the_way(repo, name)?,
    }
    // The id of zeros as the expected value: there must be no such ref, checked under the ref's lock.
    let absent = git2::Oid::ZERO_SHA1;
    let swapped = retry(|| repo.raw().reference_matching(name, oid(at), true, absent, message).map(drop));
    match swapped {
        Ok(()) => Ok(true),
        Err(error) if error.code() == ErrorCode::Modified => match target(repo, name)? {
            Some(found) if found == at => Ok(false),
            found => Err(moved(name, None, found)),
        },
        Err(error) => {
            refuse_in_the_way(repo, name)?;
            Err(failed(repo, "create", name, error))
        }
    }
}

/// Moves a ref from `old` to `new`; tells whether it did: false when it names `new` already. Any other value is
/// [`GitError::RefMoved`].
pub fn advance(
    repo: &Repo,
    name: &str,
    old: CommitId,
    new: CommitId,
    message: &str,
) -> Result<bool, GitError> {
    match target(repo, name)? {
        Some(found) if found == new => return Ok(false),
        Some(found) if found == old => {}
        found => return Err(moved(name, Some(old), found)),
    }
    let swapped = retry(|| repo.raw().reference_matching(name, oid(new), true, oid(old), message).map(drop));
    match swapped {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.code(), ErrorCode::Modified | ErrorCode::NotFound) => {
            match target(repo, name)? {
                Some(found) if found == new => Ok(false),
                found => Err(moved(name, Some(old), found)),
            }
        }
        Err(error) => Err(failed(repo, "move", name, error)),
    }
}

/// Deletes a ref that names `old`, and its reflog; tells whether it did: false when there is no such ref.
///
/// Neither libgit2 nor the executable is asked: libgit2 reads `packed-refs` before it locks it to write it anew, and so
/// undoes what a `git pack-refs` or another deletion did meanwhile; a killed `git update-ref` leaves lock files that
/// nobody can tell from held ones. The order is git's: the lock of the ref, the lock of `packed-refs` for as long as
/// the ref lives in either form, the packed form first, so that no older value shows through.
pub fn delete(repo: &Repo, name: &str, old: CommitId, owner: &Owner) -> Result<bool, GitError> {
    match target(repo, name)? {
        None => return Ok(false),
        Some(found) if found == old => {}
        found => return Err(moved(name, Some(old), found)),
    }
    let common_dir = &repo.place().common_dir;
    let loose = common_dir.join(name);
    let own = OwnedLock::take(&ref_lock(repo.place(), name), owner, PATIENCE)?;
    {
        let _packed = OwnedLock::take(&packed_lock(repo.place()), owner, PATIENCE)?;
        match target(repo, name)? {
            None => return Ok(false),
            Some(found) if found == old => {}
            found => return Err(moved(name, Some(old), found)),
        }
        packed::remove(common_dir, name, owner)?;
        remove_file(&loose)?;
    }
    let log = common_dir.join("logs").join(name);
    remove_file(&log)?;
    drop(own);
    remove_empty_above(&loose, &common_dir.join("refs"));
    remove_empty_above(&log, &common_dir.join("logs/refs"));
    Ok(true)
}

/// Removes the reflog of a ref that is not there: a killed [`create`] writes it first.
pub fn forget_log(repo: &Repo, name: &str) -> Result<(), GitError> {
    if target(repo, name)?.is_some() {
        return Ok(());
    }
    let log = repo.place().common_dir.join("logs").join(name);
    remove_file(&log)?;
    remove_empty_above(&log, &repo.place().common_dir.join("logs/refs"));
    remove_empty_above(&repo.place().common_dir.join(name), &repo.place().common_dir.join("refs"));
    Ok(())
}

/// Removes the locks that a killed [`delete`] left.
pub fn release_locks(place: &Place, name: &str, owner: &Owner) -> Result<(), GitError> {
    owned::release(&packed_lock(place), owner)?;
    owned::release(&ref_lock(place, name), owner)?;
    Ok(())
}

/// Gives the path of a ref's lock file.
pub fn ref_lock(place: &Place, name: &str) -> PathBuf {
    place.common_dir.join(format!("{name}.lock"))
}

fn packed_lock(place: &Place) -> PathBuf {
    place.common_dir.join("packed-refs.lock")
}

fn remove_file(path: &Path) -> Result<(), GitError> {
    match std::fs::remove_file(path) {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(GitError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// Removes the directories above a path that are empty, up to the kinds of refs: `refs/heads` itself stays.
fn remove_empty_above(path: &Path, top: &Path) {
    let below_a_kind =
        |dir: &&Path| dir.parent().is_some_and(|parent| parent != top && parent.starts_with(top));
    for dir in path.ancestors().skip(1).take_while(below_a_kind) {
        if std::fs::remove_dir(dir).is_err() {
            break;
        }
    }
}

/// Removes the lock file of a ref that a killed process of ours left: it is empty, or holds exactly `ours` as git
/// writes it, and is older than two seconds. Tells whether it did.
pub fn clear_stale_lock(
    place: &Place,
    name: &str,
    ours: Option<CommitId>,
    now: SystemTime,
) -> Result<bool, GitError> {
    let path = ref_lock(place, name);
    let Ok(kind) = std::fs::symlink_metadata(&path) else { return Ok(false) };
    let age = kind.modified().ok().and_then(|then| now.duration_since(then).ok());
    if !kind.is_file() || kind.len() > 64 || age.is_none_or(|age| age < STALE) {
        return Ok(false);
    }
    let content = std::fs::read(&path).map_err(GitError::io("read", &path))?;
    let is_ours = ours.is_some_and(|ours| content.trim_ascii_end() == ours.to_string().as_bytes());
    if !content.is_empty() && !is_ours {
        return Ok(false);
    }
    std::fs::remove_file(&path).map_err(GitError::io("remove", &path))?;
    Ok(true)
}

/// Waits until the lock file of a ref that an operation of a dead process names is gone, or so old that nobody holds it
/// (see [`clear_stale_lock`]).
pub fn outwait_stale_lock(place: &Place, name: &str, ours: CommitId) -> Result<(), GitError> {
    let path = ref_lock(place, name);
    let Ok(kind) = std::fs::symlink_metadata(&path) else { return Ok(()) };
    let Ok(made) = kind.modified() else { return Ok(()) };
    let begun = Instant::now();
    while std::fs::symlink_metadata(&path).is_ok_and(|now| now.modified().is_ok_and(|now| now == made)) {
        if begun.elapsed() >= STALE {
            // Nobody touched it in all this time, whatever the clocks say.
            clear_stale_lock(place, name, Some(ours), made + STALE)?;
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Gives what a ref names itself, tags not peeled. A symbolic ref is an error: it is never ours to change.
fn target(repo: &Repo, name: &str) -> Result<Option<CommitId>, GitError> {
    let failed = |source| GitError::reference("read", name, source);
    match repo.raw().find_reference(name) {
        Ok(reference) => match reference.target() {
            Some(found) => Ok(Some(commit_id(found))),
            None => Err(failed(git2::Error::from_str("it is a symbolic ref"))),
        },
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Looks for a ref that would be a directory of this one, or below it.
fn refuse_in_the_way(repo: &Repo, name: &str) -> Result<(), GitError> {
    let in_the_way = |other: String| Err(GitError::RefInTheWay { name: name.to_owned(), other });
    for (end, _) in name.match_indices('/') {
        if repo.raw().find_reference(&name[..end]).is_ok() {
            return in_the_way(name[..end].to_owned());
        }
    }
    let failed = |source| GitError::reference("list refs below", name, source);
    // Names may hold no character that is special to a glob.
    let below = repo.raw().references_glob(&format!("{name}/*")).map_err(failed)?;
    match below.flatten().next() {
        Some(other) => in_the_way(String::from_utf8_lossy(other.name_bytes()).into_owned()),
        None => Ok(()),
    }
}

fn moved(name: &str, expected: Option<CommitId>, found: Option<CommitId>) -> GitError {
    GitError::RefMoved { name: name.to_owned(), expected, found }
}

/// Names the lock file where a lock is the reason.
fn failed(repo: &Repo, operation: &'static str, name: &str, error: git2::Error) -> GitError {
    if error.code() == ErrorCode::Locked {
        locked(repo, name)
    } else {
        GitError::reference(operation, name, error)
    }
}

fn locked(repo: &Repo, name: &str) -> GitError {
    let own = ref_lock(repo.place(), name);
    let path = if own.exists() { own } else { packed_lock(repo.place()) };
    GitError::Locked { path }
}

/// Tells a held lock, and a directory that was removed for being empty before the lock file was made in it.
fn will_pass(error: &git2::Error) -> bool {
    error.code() == ErrorCode::Locked
        || (error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Os)
}

/// Tries again while a lock is held, with growing waits of random length.
fn retry<T>(mut attempt: impl FnMut() -> Result<T, git2::Error>) -> Result<T, git2::Error> {
    let mut waited = Duration::ZERO;
    let mut step = 2_000;
    loop {
        match attempt() {
            Err(error) if will_pass(&error) && waited < PATIENCE => {
                let random = std::hash::RandomState::new().build_hasher().finish();
                let wait = Duration::from_micros(step / 2 + random % step);
                std::thread::sleep(wait);
                waited += wait;
                step = (step * 2).min(100_000);
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::git::testing::{TestRepo, write};

    /// An owner of its own for each call.
    fn owner(test: &TestRepo) -> Owner {
        owner_of(&test.place().common_dir)
    }

    fn owner_of(common_dir: &Path) -> Owner {
        let number = std::hash::RandomState::new().build_hasher().finish();
        owned::tests::owner(&common_dir.join("windrow"), &format!("op-{number:x}"))
    }

    const TOPIC: &str = "refs/heads/topic";

    fn two_commits() -> (TestRepo, CommitId, CommitId) {
        let test = TestRepo::with_commit();
        let first = test.rev("HEAD");
        test.write("file", "two\n");
        let second = test.commit_all("second");
        (test, first, second)
    }

    #[test]
    fn each_change_is_made_once_and_only_from_the_expected_value() {
        let (test, first, second) = two_commits();
        let repo = test.repo();
        assert!(create(&repo, TOPIC, first, "windrow test: created").unwrap());
        assert!(!create(&repo, TOPIC, first, "again").unwrap());
        let error = create(&repo, TOPIC, second, "other").unwrap_err();
        assert!(
            matches!(error, GitError::RefMoved { expected: None, found: Some(found), .. } if found == first)
        );
        assert!(advance(&repo, TOPIC, first, second, "windrow test: moved").unwrap());
        assert!(!advance(&repo, TOPIC, first, second, "again").unwrap());
        let error = advance(&repo, TOPIC, first, test.rev("HEAD~1"), "back").unwrap_err();
        assert!(matches!(error, GitError::RefMoved { found: Some(found), .. } if found == second));
        let log = test.git(&["reflog", "show", "--format=%gs", "topic"]);
        assert_eq!(log, "windrow test: moved\nwindrow test: created");
        assert!(matches!(delete(&repo, TOPIC, first, &owner(&test)), Err(GitError::RefMoved { .. })));
        assert!(delete(&repo, TOPIC, second, &owner(&test)).unwrap());
        assert!(!delete(&repo, TOPIC, second, &owner(&test)).unwrap());
        assert!(matches!(
            advance(&repo, TOPIC, first, second, "gone"),
            Err(GitError::RefMoved { found: None, .. })
        ));
        test.assert_sound();
    }

    #[test]
    fn packed_refs_count() {
        let (test, first, second) = two_commits();
        let repo = test.repo();
        create(&repo, TOPIC, first, "m").unwrap();
        test.git(&["pack-refs", "--all"]);
        assert!(advance(&repo, TOPIC, first, second, "m").unwrap());
        test.git(&["pack-refs", "--all"]);
        assert!(matches!(create(&repo, TOPIC, first, "m"), Err(GitError::RefMoved { .. })));
        assert!(delete(&repo, TOPIC, second, &owner(&test)).unwrap());
        assert!(!test.try_git_in(&test.path(), &["rev-parse", "-q", "--verify", TOPIC]).status.success());
        test.assert_sound();
    }

    #[test]
    fn a_name_in_the_way_is_named() {
        let (test, first, _) = two_commits();
        let repo = test.repo();
        create(&repo, "refs/heads/a/b", first, "m").unwrap();
        for pack in [false, true] {
            if pack {
                test.git(&["pack-refs", "--all"]);
            }
            for (name, other) in [("refs/heads/a", "refs/heads/a/b"), ("refs/heads/a/b/c", "refs/heads/a/b")]
            {
                let error = create(&repo, name, first, "m").unwrap_err();
                assert!(
                    matches!(&error, GitError::RefInTheWay { other: found, .. } if found == other),
                    "{error}"
                );
            }
        }
        // A deleted ref leaves no directory and no reflog in the way.
        assert!(delete(&repo, "refs/heads/a/b", first, &owner(&test)).unwrap());
        assert!(create(&repo, "refs/heads/a", first, "m").unwrap());
        assert!(delete(&repo, "refs/heads/a", first, &owner(&test)).unwrap());
        assert!(create(&repo, "refs/heads/a/b/c", first, "m").unwrap());
        test.assert_sound();
    }

    #[test]
    fn a_symbolic_ref_is_left_alone() {
        let (test, first, second) = two_commits();
        let repo = test.repo();
        create(&repo, TOPIC, first, "m").unwrap();
        test.git(&["symbolic-ref", "refs/heads/sym", TOPIC]);
        assert!(advance(&repo, "refs/heads/sym", first, second, "m").is_err());
        assert!(create(&repo, "refs/heads/sym", first, "m").is_err());
        assert!(delete(&repo, "refs/heads/sym", first, &owner(&test)).is_err());
        assert_eq!(test.git(&["symbolic-ref", "refs/heads/sym"]), TOPIC);
        assert_eq!(test.rev(TOPIC), first);
    }

    #[test]
    fn junk_among_the_worktrees_is_no_hindrance() {
        let (test, first, _) = two_commits();
        std::fs::create_dir_all(test.path().join(".git/worktrees/junk1")).unwrap();
        std::fs::create_dir_all(test.path().join(".git/worktrees/junk2")).unwrap();
        test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
        write(&test.path().join(".git/worktrees/w/commondir"), "");
        let repo = test.repo();
        assert!(create(&repo, TOPIC, first, "m").unwrap());
        assert!(delete(&repo, TOPIC, first, &owner(&test)).unwrap());
    }

    #[test]
    fn no_identity_is_needed() {
        let (test, first, _) = two_commits();
        test.git(&["config", "--unset", "user.name"]);
        test.git(&["config", "--unset", "user.email"]);
        assert!(create(&test.repo(), TOPIC, first, "m").unwrap());
    }

    #[test]
    fn a_lock_that_goes_away_is_waited_for() {
        let (test, first, second) = two_commits();
        let repo = test.repo();
        create(&repo, TOPIC, first, "m").unwrap();
        let lock = test.path().join(".git").join(format!("{TOPIC}.lock"));
        write(&lock, "");
        let holder = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(60));
            std::fs::remove_file(lock).unwrap();
        });
        assert!(advance(&repo, TOPIC, first, second, "m").unwrap());
        holder.join().unwrap();
    }

    #[test]
    fn only_a_lock_that_can_be_ours_is_cleared() {
        let (test, first, second) = two_commits();
        let place = test.place();
        let lock = place.common_dir.join(format!("{TOPIC}.lock"));
        let written = |content: String| write_and_date(&lock, &content) + STALE;
        assert!(!clear_stale_lock(&place, TOPIC, None, SystemTime::UNIX_EPOCH).unwrap());
        let later = written(format!("{second}\n"));
        assert!(!clear_stale_lock(&place, TOPIC, Some(first), later).unwrap());
        assert!(!clear_stale_lock(&place, TOPIC, None, later).unwrap());
        let later = written(format!("{first}\n"));
        assert!(!clear_stale_lock(&place, TOPIC, Some(first), later - Duration::from_millis(1)).unwrap());
        assert!(!clear_stale_lock(&place, TOPIC, Some(first), SystemTime::UNIX_EPOCH).unwrap());
        assert!(clear_stale_lock(&place, TOPIC, Some(first), later).unwrap());
        let later = written(String::new());
        assert!(clear_stale_lock(&place, TOPIC, None, later).unwrap());
        assert!(!lock.exists());
    }

    fn write_and_date(path: &std::path::Path, content: &str) -> SystemTime {
        write(path, content);
        std::fs::metadata(path).unwrap().modified().unwrap()
    }

    #[test]
    fn no_update_is_lost_in_a_race() {
        let (test, first, _) = two_commits();
        create(&test.repo(), TOPIC, first, "m").unwrap();
        let place = test.place();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    test.try_git_in(&test.path(), &["pack-refs", "--all"]);
                }
            });
            let writers: Vec<_> = (0..6)
                .map(|writer| {
                    scope.spawn({
                        let place = &place;
                        move || land(place, writer)
                    })
                })
                .collect();
            let landed: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
            done.store(true, Ordering::Relaxed);
            landed.into_iter().for_each(|outcome| outcome.unwrap());
        });
        let count = test.git(&["rev-list", "--count", &format!("{first}..{TOPIC}")]);
        assert_eq!(count, "360");
        test.assert_sound();
    }

    #[test]
    fn one_of_many_creators_wins() {
        let (test, first, second) = two_commits();
        let place = test.place();
        for round in 0..20 {
            let name = format!("refs/heads/race{round}");
            let outcomes: Vec<_> = std::thread::scope(|scope| {
                let creators: Vec<_> = (0..6)
                    .map(|number| {
                        let (name, place) = (&name, &place);
                        let at = if number % 2 == 0 { first } else { second };
                        scope.spawn(move || (at, create(&Repo::open(place).unwrap(), name, at, "m")))
                    })
                    .collect();
                creators.into_iter().map(|creator| creator.join().unwrap()).collect()
            });
            let created: Vec<_> =
                outcomes.iter().filter(|(_, outcome)| matches!(outcome, Ok(true))).collect();
            let [(winner, _)] = created.as_slice() else { panic!("{outcomes:?}") };
            assert_eq!(test.rev(&name), *winner);
            for (at, outcome) in &outcomes {
                match outcome {
                    Ok(_) => assert_eq!(at, winner),
                    Err(GitError::RefMoved { expected: None, found, .. }) => {
                        assert_ne!(at, winner);
                        assert_eq!(*found, Some(*winner));
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    #[test]
    fn a_ref_that_moves_meanwhile_is_not_deleted() {
        let (test, first, second) = two_commits();
        let place = test.place();
        let repo = test.repo();
        for _ in 0..20 {
            create(&repo, TOPIC, first, "m").unwrap();
            let barrier = std::sync::Barrier::new(2);
            let deleted = std::thread::scope(|scope| {
                let deleter = scope.spawn(|| {
                    let repo = Repo::open(&place).unwrap();
                    barrier.wait();
                    delete(&repo, TOPIC, first, &owner(&test))
                });
                barrier.wait();
                let advanced = advance(&repo, TOPIC, first, second, "m");
                let deleted = deleter.join().unwrap();
                assert_ne!(advanced.is_ok(), deleted.is_ok(), "{advanced:?} {deleted:?}");
                deleted.is_ok()
            });
            let left = repo.ref_commit(TOPIC).unwrap();
            assert_eq!(left, (!deleted).then_some(second));
            delete(&repo, TOPIC, second, &owner(&test)).unwrap();
        }
    }

    #[test]
    fn refs_come_and_go_beside_pack_refs() {
        let (test, first, second) = two_commits();
        let place = test.place();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    test.try_git_in(&test.path(), &["pack-refs", "--all"]);
                }
            });
            let workers: Vec<_> = (0..4)
                .map(|worker| {
                    let place = &place;
                    scope.spawn(move || {
                        let repo = Repo::open(place).unwrap();
                        for round in 0..25 {
                            let name = format!("refs/heads/w{worker}/r{round}");
                            assert!(create(&repo, &name, first, "m").unwrap());
                            assert!(advance(&repo, &name, first, second, "m").unwrap());
                            assert!(
                                round % 2 == 0
                                    || delete(&repo, &name, second, &owner_of(&place.common_dir)).unwrap()
                            );
                        }
                    })
                })
                .collect();
            let outcomes: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
            done.store(true, Ordering::Relaxed);
            outcomes.into_iter().for_each(|outcome| outcome.unwrap());
        });
        // `main` and the even rounds of each.
        assert_eq!(test.repo().branches().unwrap().len(), 1 + 4 * 13);
        test.assert_sound();
    }

    /// Puts sixty commits on top of whatever the branch is at.
    fn land(place: &Place, writer: usize) {
        let repo = Repo::open(place).unwrap();
        for update in 0..60 {
            loop {
                let tip = repo.ref_commit(TOPIC).unwrap().unwrap();
                let parent = repo.commit(tip).unwrap();
                let who = git2::Signature::now("Test", "test@example.com").unwrap();
                let (tree, text) = (parent.tree().unwrap(), format!("{writer}.{update}"));
                let new = repo.raw().commit(None, &who, &who, &text, &tree, &[&parent]).unwrap();
                match advance(&repo, TOPIC, tip, commit_id(new), "m") {
                    Ok(changed) => break assert!(changed),
                    Err(GitError::RefMoved { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
}
