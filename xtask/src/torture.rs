//! `cargo xtask torture`: the tests that try to break a promise, part by part and at full count.

use std::time::Duration;

use crate::test::{build, conclude, count, give, skip, suite_command};
use crate::tools::{OPENCLAW_NEW, OPENCLAW_OLD, Tool};
use crate::workspace::Workspace;

/// One part: the tests of a suite whose names begin so.
#[derive(Debug)]
struct Part {
    name: &'static str,
    /// What it tries to break.
    about: &'static str,
    suite: &'static str,
    /// What the names of its tests hold.
    filter: &'static str,
    /// What it cannot run without.
    needs: &'static [Tool],
    /// What it needs beyond that at full count.
    needs_long: &'static [Tool],
    /// When it is ended from outside, at full count.
    limit: Duration,
}

/// The same in the quick form.
const QUICK_LIMIT: Duration = Duration::from_secs(300);

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// Every part, in the order in which they run.
const PARTS: &[Part] = &[
    Part {
        name: "crash",
        about: "killed at random points of passes that change the file",
        suite: "torture",
        filter: "crash::",
        needs: &[],
        needs_long: &[],
        limit: minutes(30),
    },
    Part {
        name: "faults",
        about: "each file-system call of a pass made to fail in turn",
        suite: "torture",
        filter: "faults::",
        needs: &[Tool::Strace],
        needs_long: &[],
        limit: minutes(15),
    },
    Part {
        name: "hostile",
        about: "wrong answers, every secret, and texts of strangers",
        suite: "hostile",
        filter: "",
        needs: &[],
        needs_long: &[],
        limit: minutes(10),
    },
    Part {
        name: "writers",
        about: "another program edits the same file at the same time",
        suite: "torture",
        filter: "writers::",
        needs: &[],
        needs_long: &[],
        limit: minutes(30),
    },
    Part {
        name: "host",
        about: "a small, strange or sleeping host",
        suite: "torture",
        filter: "host::",
        needs: &[Tool::Strace],
        needs_long: &[],
        limit: minutes(10),
    },
    Part {
        name: "disk",
        about: "the power cut, a full disk, a volume mounted read-only",
        suite: "disk",
        filter: "",
        needs: &[Tool::Mounts],
        needs_long: &[],
        limit: minutes(20),
    },
    Part {
        name: "gateways",
        about: "a real gateway of either end edits the same file at the same time",
        suite: "torture",
        filter: "gateways::",
        needs: &[],
        needs_long: &[Tool::Node, OPENCLAW_NEW, OPENCLAW_OLD],
        limit: minutes(20),
    },
    Part {
        name: "soak",
        about: "ten thousand passes in haste",
        suite: "torture",
        filter: "soak::",
        needs: &[],
        needs_long: &[Tool::Node, OPENCLAW_NEW],
        limit: minutes(40),
    },
];

/// Runs the parts that the arguments name, all of them without names.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    if arguments.contains(&"--list") {
        PARTS.iter().for_each(|part| println!("{:10} {}", part.name, part.about));
        return Ok(());
    }
    let quick = arguments.contains(&"--quick");
    let named: Vec<&str> = arguments.iter().copied().filter(|argument| *argument != "--quick").collect();
    if let Some(unknown) = named.iter().find(|name| !PARTS.iter().any(|part| part.name == **name)) {
        return Err(format!("no part is called {unknown}; `cargo xtask torture --list` shows them"));
    }
    let chosen: Vec<&Part> = PARTS.iter().filter(|part| named.is_empty() || named.contains(&part.name)).collect();
    let workspace = Workspace::load()?;
    build(&workspace)?;

    let mut outcomes = Vec::new();
    for part in chosen {
        println!("\npart {}: {}", part.name, part.about);
        let mut command = suite_command(part.suite, part.filter, &workspace);
        let mut given = give(&mut command, part.needs, &workspace);
        if !quick {
            command.arg("--include-ignored").env("LMSYNC_TORTURE", "long");
            given = given.and_then(|()| give(&mut command, part.needs_long, &workspace));
        }
        let limit = if quick { QUICK_LIMIT } else { part.limit };
        outcomes.push(match given {
            Ok(()) => count(part.name, &mut command, limit),
            Err(why) => skip(part.name, part.needs, why),
        });
    }
    conclude(&outcomes)
}
