//! Whether ports can be listened on now.

use std::net::{Ipv4Addr, TcpListener};

/// Tells whether each of `count` ports from `first` on can be listened on by a program of this machine.
pub fn are_free(first: u16, count: u16) -> bool {
    // A listener that never accepted anything leaves its port at once.
    (first..=first.saturating_add(count - 1))
        .all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_listened_on_is_not_free() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = held.local_addr().unwrap().port();
        assert!(!are_free(port, 1));
        drop(held);
        assert!(are_free(port, 1));
    }
}
