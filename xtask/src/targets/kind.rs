//! What a linked program is, read from its own bytes: for which system and processor, and what it needs there.

use std::collections::BTreeSet;

use object::{Architecture, BinaryFormat, Object as _, ObjectKind};

use super::{LINUX_ARM64, LINUX_X64, MAC_ARM64, MAC_X64, Target, WINDOWS_X64, mac};

/// Says in a line what the program is; fails where it is not one that the target's systems load.
pub(crate) fn check(target: &Target, program: &[u8]) -> Result<String, String> {
    let file = object::File::parse(program).map_err(|error| format!("not a program: {error}"))?;
    let wanted = match *target {
        LINUX_X64 => (BinaryFormat::Elf, Architecture::X86_64),
        LINUX_ARM64 => (BinaryFormat::Elf, Architecture::Aarch64),
        MAC_ARM64 => (BinaryFormat::MachO, Architecture::Aarch64),
        MAC_X64 => (BinaryFormat::MachO, Architecture::X86_64),
        WINDOWS_X64 => (BinaryFormat::Pe, Architecture::X86_64),
        _ => return Err(format!("nothing is known of programs for {}", target.triple)),
    };
    let (format, architecture) = (file.format(), file.architecture());
    if (format, architecture) != wanted {
        return Err(format!("{format:?} for {architecture:?}, not {:?} for {:?}", wanted.0, wanted.1));
    }
    // An ELF program that may be loaded at any address is of the kind of libraries.
    if !matches!(file.kind(), ObjectKind::Executable | ObjectKind::Dynamic) {
        return Err(format!("it is no executable but {:?}", file.kind()));
    }
    let needs = match format {
        BinaryFormat::MachO => mac::check(program).map_err(|why| format!("macOS would not run it: {why}"))?,
        BinaryFormat::Elf => {
            if file.imports().map_err(|error| error.to_string())?.next().is_some() {
                return Err("it is not linked statically".to_owned());
            }
            "static".to_owned()
        }
        _ => format!("needs {}", libraries(&file)?),
    };
    Ok(format!("{format:?} for {architecture:?}, {needs}"))
}

/// The names of the libraries that a program loads.
fn libraries(file: &object::File<'_>) -> Result<String, String> {
    let mut names = BTreeSet::new();
    for import in file.imports().map_err(|error| error.to_string())? {
        let import = import.map_err(|error| error.to_string())?;
        names.insert(String::from_utf8_lossy(import.library()).into_owned());
    }
    Ok(names.into_iter().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_for_another_system_is_refused() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        for target in super::super::ALL {
            let error = check(&target, &own).unwrap_err();
            let expected = if target == LINUX_X64 { "not linked statically" } else { "Elf for X86_64, not" };
            assert!(error.contains(expected), "{}: {error}", target.triple);
        }
        assert!(check(&LINUX_X64, b"#!/bin/sh\n").unwrap_err().contains("not a program"));
    }
}
