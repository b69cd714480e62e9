//! How much memory is left.

/// Gives how many bytes programs that are started now can have without swapping, as the system estimates it; none where it does not
/// say (everywhere but on Linux).
#[cfg(target_os = "linux")]
pub fn available() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

/// Gives nothing: this platform is not asked.
#[cfg(not(target_os = "linux"))]
pub const fn available() -> Option<u64> {
    None
}

/// Reads `MemAvailable` of `/proc/meminfo`, which is in KiB.
#[cfg(any(target_os = "linux", test))]
fn parse(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says() {
        assert_eq!(parse("MemTotal:  5 kB\nMemAvailable:    2048 kB\n"), Some(2 << 20));
        assert_eq!(parse("MemTotal:  5 kB\n"), None);
        #[cfg(target_os = "linux")]
        assert!(available().is_some_and(|bytes| bytes > 0));
    }
}
