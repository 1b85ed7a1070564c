//! `lmsync completions`: what a shell needs to complete the command line.

use clap_complete::{Shell, generate};

use crate::exit::Exit;
use crate::{cli, output};

pub(crate) fn print(shell: Shell) -> Result<(), Exit> {
    let mut script = Vec::new();
    generate(shell, &mut cli::definition(), "lmsync", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
