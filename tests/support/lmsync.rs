//! The program under test, as it is shipped, with an environment of which every value is known.

use std::path::PathBuf;
use std::process::Command;

use super::world::World;

/// The binary: the release build where `cargo xtask test` runs the suite.
pub(crate) fn binary() -> PathBuf {
    super::given("LMSYNC_TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_lmsync").into())
}

/// A command that runs it in `world` against the server at `base` (`http://…/v1`).
pub(crate) fn lmsync(world: &World, base: &str) -> Command {
    at_home(Command::new(binary()), world, base)
}

/// Gives a command that starts lmsync, in whichever way, the world's environment and nothing else.
pub(crate) fn at_home(mut command: Command, world: &World, base: &str) -> Command {
    command
        .env_clear()
        .current_dir(world.home())
        .env("HOME", world.home())
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("OPENAI_API_BASE", base)
        .env("OPENCLAW_STATE_DIR", world.state())
        // Suites that are about the status server choose a port that is free.
        .env("LMSYNC_LISTEN", "off")
        .env("NO_COLOR", "1");
    command
}
