//! Finding a program as a shell would.

use std::path::{Path, PathBuf};

/// Finds a program: a name with a slash is taken as a path, any other is looked up in `path_var`, a `PATH` value.
/// Gives the first regular file with an execute bit. Relative directories of `path_var` are left out: what they name
/// depends on where one stands, and that is a worktree whose content is not ours.
pub fn find_program(name: &str, path_var: &str) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    if name.contains(std::path::is_separator) {
        let path = PathBuf::from(name);
        return is_executable(&path).then_some(path);
    }
    let separator = if cfg!(windows) { ';' } else { ':' };
    let directories = path_var.split(separator).map(Path::new).filter(|dir| dir.is_absolute());
    directories.map(|dir| dir.join(name)).find_map(executable)
}

fn executable(path: PathBuf) -> Option<PathBuf> {
    if is_executable(&path) {
        return Some(path);
    }
    if cfg!(windows) {
        let mut with_extension = path.into_os_string();
        with_extension.push(".exe");
        let with_extension = PathBuf::from(with_extension);
        return is_executable(&with_extension).then_some(with_extension);
    }
    None
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_first_executable_file_on_the_path_wins() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str, mode: u32| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        place("a/tool", 0o644);
        std::fs::create_dir_all(dir.path().join("b/tool")).unwrap();
        let tool = place("c/tool", 0o755);
        place("d/tool", 0o755);
        let path_var =
            ["a", "b", "missing", "c", "d"].map(|d| dir.path().join(d).display().to_string()).join(":");
        assert_eq!(find_program("tool", &path_var), Some(tool.clone()));
        assert_eq!(find_program("other", &path_var), None);
        assert_eq!(find_program("", &path_var), None);
        assert_eq!(find_program(tool.to_str().unwrap(), ""), Some(tool));
        assert_eq!(find_program(dir.path().join("a/tool").to_str().unwrap(), &path_var), None);
    }

    #[test]
    fn relative_directories_are_left_out() {
        assert!(Path::new("src/lib.rs").exists(), "tests run at the package's root");
        assert_eq!(find_program("sh", ":.:bin:../bin"), None);
        assert!(find_program("sh", ".:/bin:/usr/bin").is_some());
    }
}
