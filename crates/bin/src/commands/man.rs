//! `lmsync man`: the manual page, as packages install it.

use clap_mangen::Man;

use crate::exit::Exit;
use crate::{cli, output};

pub(crate) fn print() -> Result<(), Exit> {
    let mut page = Vec::new();
    // The date of a build would make each build another one.
    let man = Man::new(cli::definition()).date("").manual("lmsync");
    man.render(&mut page).map_err(|error| Exit::bug("failed to make the manual page", error))?;
    output::print(&String::from_utf8_lossy(&page))
}
