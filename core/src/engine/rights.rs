//! Which role may do what on a phone. The server judges every fact again by its own rules.

/// Something that a phone does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Looking at cards and noting who was served.
    Scan,
    /// Finding people, registering them, giving them cards.
    Register,
    /// Giving others a PIN.
    ManageUsers,
}

/// Whether a role, as the server names it, has a right. A role that this version does not know has none.
pub fn may(role: &str, right: Right) -> bool {
    let rank = match role {
        "supervisor" | "program-admin" => 3,
        "enrollment-agent" => 2,
        "health-worker" => 1,
        _ => 0,
    };
    let needed = match right {
        Right::Scan => 1,
        Right::Register => 2,
        Right::ManageUsers => 3,
    };
    rank >= needed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_health_worker_scans_an_agent_registers_and_a_supervisor_lets_in() {
        let rights = [Right::Scan, Right::Register, Right::ManageUsers];
        for (role, expected) in [
            ("health-worker", [true, false, false]),
            ("enrollment-agent", [true, true, false]),
            ("supervisor", [true, true, true]),
            ("auditor", [false, false, false]),
            ("", [false, false, false]),
        ] {
            assert_eq!(rights.map(|right| may(role, right)), expected, "{role}");
        }
    }
}
