use std::path::PathBuf;

use super::super::super::testing::{TestRepo, write};
use super::*;

struct World {
    test: TestRepo,
    tree: WorktreePlace,
}

fn world() -> World {
    let test = TestRepo::new();
    test.write("file", "one\n");
    test.write("dir/kept", "kept\n");
    test.commit_all("first");
    test.git(&["worktree", "add", "-q", "../w", "-b", "w"]);
    let tree = WorktreePlace { path: test.dir().join("w"), admin: test.path().join(".git/worktrees/w") };
    World { test, tree }
}

impl World {
    fn git(&self, arguments: &[&str]) -> String {
        self.test.git_in(&self.tree.path, arguments)
    }

    fn write(&self, path: &str, content: &str) {
        write(&self.tree.path.join(path), content);
    }

    fn commit(&self, message: &str) -> String {
        self.test.commit_all_in(&self.tree.path, message).to_string()
    }

    fn stage(&self, path: &str, content: &str) -> String {
        self.write(path, content);
        self.git(&["add", path]);
        self.git(&["rev-parse", &format!(":{path}")])
    }

    fn make(&self) -> Rescue {
        let rescue = make(&self.test.repo(), &self.tree).unwrap();
        assert_eq!(make(&self.test.repo(), &self.tree).unwrap(), rescue, "made again");
        rescue
    }

    fn exists(&self, id: &str) -> bool {
        self.test.try_git_in(&self.test.path(), &["cat-file", "-e", id]).status.success()
    }

    /// Takes worktree, registration and branch away, collects garbage, and asserts that the objects are still there
    /// with everything that they need, and that they would not be without the ref.
    fn assert_kept(&self, rescue: &Rescue, objects: &[&str]) {
        let reference = "refs/windrow/rescue/1";
        self.test.git(&["update-ref", reference, &rescue.commit.to_string()]);
        std::fs::rename(&self.tree.admin, self.test.dir().join("admin")).unwrap();
        if self.tree.path.exists() {
            std::fs::rename(&self.tree.path, self.test.dir().join("trash")).unwrap();
        }
        self.test.git(&["branch", "-q", "-D", "w"]);
        self.test.git(&["reflog", "expire", "--expire=now", "--all"]);
        self.test.git(&["gc", "-q", "--prune=now"]);
        for object in objects {
            assert!(self.exists(object), "{object} is gone");
            assert!(!self.test.git(&["rev-list", "--objects", "--no-walk", object]).is_empty());
        }
        self.test.assert_sound();
        self.test.git(&["update-ref", "-d", reference]);
        self.test.git(&["gc", "-q", "--prune=now"]);
        for object in objects {
            assert!(!self.exists(object), "{object} is kept by something else: the test says nothing");
        }
    }

    fn entries(&self, rescue: &Rescue) -> Vec<String> {
        let tree = self.test.git(&["ls-tree", "--name-only", &rescue.commit.to_string()]);
        tree.lines().map(str::to_owned).collect()
    }

    fn parents(&self, rescue: &Rescue) -> Vec<String> {
        let parents = self.test.git(&["show", "-s", "--format=%P", &rescue.commit.to_string()]);
        parents.split_whitespace().map(str::to_owned).collect()
    }
}

#[test]
fn staged_only_blobs_and_commits_of_the_branch() {
    let w = world();
    w.write("file", "two\n");
    let head = w.commit("second");
    let staged = w.stage("file", "staged only\n");
    let added = w.stage("deep/.gitmodules", "[submodule \"x\"]\n\tpath = ../../x\n\turl = -evil\n");
    w.write("file", "neither staged nor committed\n");
    let rescue = w.make();
    assert_eq!(w.entries(&rescue), ["0-deep%2F.gitmodules", "0-file"]);
    assert_eq!(w.parents(&rescue), std::slice::from_ref(&head));
    assert!(rescue.skipped.is_empty());
    w.assert_kept(&rescue, &[&head, &staged, &added]);
}

#[test]
fn commits_that_only_the_reflog_names() {
    let w = world();
    w.write("file", "amended away\n");
    let gone = w.commit("first try");
    w.write("file", "better\n");
    w.git(&["commit", "-q", "-a", "--amend", "-m", "second try"]);
    let head = w.git(&["rev-parse", "HEAD"]);
    w.write("file", "further\n");
    let reset = w.commit("reset away");
    w.git(&["reset", "-q", "--hard", "HEAD^"]);
    w.git(&["checkout", "-q", "--detach"]);
    w.write("file", "detached\n");
    let detached = w.commit("detached");
    w.git(&["checkout", "-q", "w"]);
    let rescue = w.make();
    let parents = w.parents(&rescue);
    assert_eq!(parents[0], head);
    assert_eq!(parents.len(), 4, "HEAD, and each tip once");
    w.assert_kept(&rescue, &[&head, &gone, &reset, &detached]);
}

#[test]
fn the_middle_of_a_merge() {
    let w = world();
    w.write("file", "w\n");
    let head = w.commit("w");
    w.git(&["checkout", "-q", "--detach", "main"]);
    w.write("file", "theirs\n");
    let theirs = w.commit("theirs");
    let blob = w.git(&["rev-parse", "HEAD:file"]);
    w.git(&["checkout", "-q", "w"]);
    w.test.try_git_in(&w.tree.path, &["merge", "-q", &theirs]);
    std::fs::remove_dir_all(w.tree.admin.join("logs")).unwrap();
    let auto = w.git(&["rev-parse", "AUTO_MERGE"]);
    let rescue = w.make();
    let entries = w.entries(&rescue);
    for name in ["1-file", "2-file", "3-file"] {
        assert!(entries.contains(&name.to_owned()), "{entries:?}");
    }
    w.assert_kept(&rescue, &[&head, &theirs, &blob, &auto]);
}

#[test]
fn several_merge_heads_and_own_refs() {
    let w = world();
    let tree = w.git(&["rev-parse", "HEAD^{tree}"]);
    let make = |name: &str| w.git(&["commit-tree", "-m", name, &tree]);
    let ids: Vec<String> = ["a", "b", "c", "d", "e", "f"].iter().map(|name| make(name)).collect();
    let put = |name: &str, text: String| write(&w.tree.admin.join(name), text);
    put("MERGE_HEAD", format!("{}\n{}\n", ids[0], ids[1]));
    put("refs/bisect/bad", format!("{}\n", ids[2]));
    put("refs/worktree/own", format!("{}\n", ids[3]));
    put("rebase-apply/0001", format!("From {} Mon Sep 17 00:00:00 2001\n", ids[4]));
    put("CHERRY_PICK_HEAD", format!("{}\n", ids[5]));
    let fetched = make("fetched");
    put("FETCH_HEAD", format!("{fetched}\t\tbranch 'x'\n"));
    let rescue = w.make();
    let objects: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert!(!w.parents(&rescue).contains(&fetched));
    w.assert_kept(&rescue, &objects);
}

#[test]
fn the_middle_of_a_rebase() {
    let w = world();
    w.write("file", "w1\n");
    let first = w.commit("w1");
    w.write("file", "w2\n");
    let second = w.commit("w2");
    w.git(&["checkout", "-q", "--detach", "main"]);
    w.write("file", "onto\n");
    let onto = w.commit("onto");
    w.git(&["checkout", "-q", "w"]);
    w.test.try_git_in(&w.tree.path, &["rebase", "-q", &onto]);
    assert!(w.tree.admin.join("rebase-merge").exists());
    std::fs::remove_dir_all(w.tree.admin.join("logs")).unwrap();
    let rescue = w.make();
    assert_eq!(w.parents(&rescue)[0], onto);
    w.assert_kept(&rescue, &[&first, &second, &onto]);
}

#[test]
fn without_its_directory_without_an_index_with_a_torn_one() {
    let w = world();
    let staged = w.stage("file", "staged\n");
    std::fs::remove_dir_all(&w.tree.path).unwrap();
    let rescue = w.make();
    assert_eq!(w.entries(&rescue), ["0-file"]);
    let index: PathBuf = w.tree.admin.join("index");
    let whole = std::fs::read(&index).unwrap();
    std::fs::write(&index, &whole[..whole.len() / 2]).unwrap();
    let torn = w.make();
    assert!(torn.skipped.len() == 1 && torn.skipped[0].starts_with("the index: "), "{torn:?}");
    std::fs::remove_file(&index).unwrap();
    assert_eq!(w.make(), Rescue { skipped: Vec::new(), ..torn });
    w.assert_kept(&rescue, &[&staged]);
}

#[test]
fn an_index_that_libgit2_cannot_read() {
    let w = world();
    w.git(&["update-index", "--split-index"]);
    let staged = w.stage("file", "staged\n");
    let rescue = w.make();
    assert!(rescue.skipped.is_empty(), "{rescue:?}");
    w.assert_kept(&rescue, &[&staged]);
}

#[test]
fn an_unborn_head() {
    let w = world();
    w.git(&["checkout", "-q", "--orphan", "new"]);
    w.git(&["rm", "-q", "-r", "--cached", "."]);
    let staged = w.stage("alone", "alone\n");
    std::fs::remove_dir_all(w.tree.admin.join("logs")).unwrap();
    let rescue = w.make();
    assert!(w.entries(&rescue).contains(&"0-alone".to_owned()));
    w.assert_kept(&rescue, &[&staged]);
}

#[test]
fn nothing_but_head() {
    let w = world();
    let rescue = w.make();
    assert_eq!(w.parents(&rescue), [w.git(&["rev-parse", "HEAD"])]);
    assert!(w.entries(&rescue).is_empty());
}
