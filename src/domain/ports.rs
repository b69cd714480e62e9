//! Ten ports for each task, the same for as long as it lives.

use super::name::TaskId;

/// How many ports a task has.
pub const PORTS_EACH: u16 = 10;

/// The ports that tasks get theirs from, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl Default for PortRange {
    /// Gives 20000 to 29999.
    fn default() -> Self {
        Self { first: 20_000, last: 29_999 }
    }
}

/// A text that is no range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two ports with a hyphen between them, such as 20000-29999: from 1024 to 65535, at least ten")]
pub struct InvalidPorts;

impl std::str::FromStr for PortRange {
    type Err = InvalidPorts;

    fn from_str(text: &str) -> Result<Self, InvalidPorts> {
        let (first, last) = text.split_once('-').ok_or(InvalidPorts)?;
        let port = |text: &str| text.trim().parse::<u16>().map_err(|_| InvalidPorts);
        let (first, last) = (port(first)?, port(last)?);
        // Ports below 1024 need privileges.
        let enough = last.checked_sub(first).is_some_and(|length| length >= PORTS_EACH - 1);
        if first < 1024 || !enough { Err(InvalidPorts) } else { Ok(Self { first, last }) }
    }
}

impl std::fmt::Display for PortRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl PortRange {
    fn slots(self) -> u16 {
        ((u32::from(self.last - self.first) + 1) / u32::from(PORTS_EACH)).try_into().unwrap_or(u16::MAX)
    }

    /// Gives the first of ten ports for a task. The search begins at a place that follows from its id, so that a task of
    /// the same name tends to get the same ones. `taken` are the first ports of other tasks; `is_free` tells whether ten
    /// ports from one on can be listened on now. Where none of them can, a program that holds them is likelier to go than
    /// a task: then the first that is no task's is given. None where every one is a task's.
    pub fn allocate(self, task: &TaskId, taken: &[u16], is_free: &dyn Fn(u16) -> bool) -> Option<u16> {
        let slots = u32::from(self.slots());
        let begin = hash(task) % slots;
        let port = |slot: u32| self.first + u16::try_from((begin + slot) % slots).unwrap_or(0) * PORTS_EACH;
        let meets = |port: u16, other: u16| port.abs_diff(other) < PORTS_EACH;
        let unused = || (0..slots).map(port).filter(|port| !taken.iter().any(|other| meets(*port, *other)));
        // Each look is ten system calls; a machine on which a hundred are in use is not helped by more.
        unused().take(100).find(|port| is_free(*port)).or_else(|| unused().next())
    }

    /// Gives the port of a task of which none is recorded.
    pub fn fallback(self, task: &TaskId) -> u16 {
        self.first + u16::try_from(hash(task) % u32::from(self.slots())).unwrap_or(0) * PORTS_EACH
    }
}

fn hash(task: &TaskId) -> u32 {
    task.as_str().bytes().fold(5381_u32, |sum, byte| sum.wrapping_mul(33) ^ u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> TaskId {
        text.parse().unwrap()
    }

    #[test]
    fn ranges() {
        assert_eq!("3000-3009".parse(), Ok(PortRange { first: 3000, last: 3009 }));
        assert_eq!("20000 - 29999".parse(), Ok(PortRange::default()));
        for bad in ["", "3000", "3000-3008", "80-2000", "3009-3000", "3000-70000", "a-b"] {
            assert_eq!(bad.parse::<PortRange>(), Err(InvalidPorts), "{bad}");
        }
        assert_eq!("1024-65535".parse::<PortRange>().unwrap().slots(), 6451);
    }

    #[test]
    fn each_task_has_ten_of_its_own() {
        let range: PortRange = "3000-3029".parse().unwrap();
        let mut taken = Vec::new();
        for name in ["a", "b", "c"] {
            taken.push(range.allocate(&id(name), &taken, &|_| true).unwrap());
        }
        taken.sort_unstable();
        assert_eq!(taken, [3000, 3010, 3020]);
        assert_eq!(range.allocate(&id("d"), &taken, &|_| true), None);
        // Of a range that was set differently before, too.
        assert_eq!(range.allocate(&id("d"), &[2995, 3012], &|_| true), None);
    }

    #[test]
    fn ports_in_use_are_passed_by_while_others_are_left() {
        let range: PortRange = "3000-3029".parse().unwrap();
        let first = range.allocate(&id("a"), &[], &|_| true).unwrap();
        assert_eq!(range.allocate(&id("a"), &[], &|_| true), Some(first));
        assert_ne!(range.allocate(&id("a"), &[], &|port| port != first), Some(first));
        assert_eq!(range.allocate(&id("a"), &[], &|_| false), Some(first));
    }
}
