//! Carries a plan out on the running system, or says what that would do.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::exit::Exit;
use crate::platform;
use crate::service::plan::{Encoding, Failure, MARK, Step};

/// How often a system is asked again, and how long is waited in between.
pub(super) const TRIES: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(250);

/// Takes every step, in order. Takes none where a definition is there that lmsync did not write.
///
/// # Errors
/// The first step that fails: exit 73 for a file, 1 for a program that fails or is not there.
pub(crate) fn carry_out(steps: &[Step]) -> Result<(), Exit> {
    for step in steps {
        if let Step::Define { path, .. } | Step::Undefine(path) = step {
            refuse_foreign(path)?;
        }
    }
    steps.iter().try_for_each(take)
}

/// What every step would do, a paragraph each.
pub(crate) fn describe(steps: &[Step]) -> String {
    let sentence = |step: &Step| match step {
        Step::Folder(path) if path.is_dir() => String::new(),
        Step::Folder(path) => format!("would make the folder {}\n", path.display()),
        Step::Define { path, text, .. } => format!("would write {}:\n{}", path.display(), indent(text)),
        Step::Settings { path, .. } if path.exists() => format!("would keep {}\n", path.display()),
        Step::Settings { path, text } => {
            format!("would write {}, for its owner alone:\n{}", path.display(), indent(text))
        }
        Step::Run { words, failure: Failure::IsFine } => format!("would try: {}\n", shown(words)),
        Step::Run { words, .. } => format!("would run: {}\n", shown(words)),
        Step::Undefine(path) | Step::Remove(path) if fs::symlink_metadata(path).is_err() => String::new(),
        Step::Undefine(path) | Step::Remove(path) => format!("would remove {}\n", path.display()),
        Step::RemoveSettings { path, text } => match fs::read_to_string(path) {
            Ok(found) if found == *text => format!("would remove {}\n", path.display()),
            Ok(_) => format!("would keep {}, which somebody has changed\n", path.display()),
            Err(_) => String::new(),
        },
        Step::RemoveEmpty(_) => String::new(),
    };
    steps.iter().map(sentence).collect()
}

/// Runs a program and collects what it prints.
///
/// # Errors
/// Where it cannot be started.
pub(crate) fn output(words: &[String]) -> io::Result<Output> {
    let (program, arguments) = words.split_first().ok_or(ErrorKind::InvalidInput)?;
    Command::new(program).args(arguments).output()
}

/// Runs a program that prints for the person itself.
///
/// # Errors
/// Exit 1 where it cannot be started, or fails.
pub(crate) fn show(words: &[String]) -> Result<(), Exit> {
    let (program, arguments) = words.split_first().ok_or_else(Exit::told)?;
    match Command::new(program).args(arguments).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Exit::told()),
        Err(error) => Err(Exit::failure(format!("cannot run {program}: {error}"))),
    }
}

fn take(step: &Step) -> Result<(), Exit> {
    let unwritable =
        |path: &Path, error: io::Error| Exit::unwritable(&format!("cannot write {}: {error}", path.display()));
    match step {
        Step::Folder(path) => make_private(path).map_err(|error| unwritable(path, error)),
        Step::Define { path, text, encoding } => define(path, text, *encoding).map_err(|error| unwritable(path, error)),
        Step::Settings { path, text } => match create_private(path, text) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            result => result.map_err(|error| unwritable(path, error)),
        },
        Step::Run { words, failure } => run(words, *failure),
        Step::Undefine(path) | Step::Remove(path) => remove(path),
        Step::RemoveSettings { path, text } => match fs::read_to_string(path) {
            Ok(found) if found == *text => remove(path),
            _ => Ok(()),
        },
        Step::RemoveEmpty(path) => {
            // A folder that holds something stays, and so does one that is not there.
            let _ = fs::remove_dir(path);
            Ok(())
        }
    }
}

/// Fails where a definition is there that lmsync did not write.
fn refuse_foreign(path: &Path) -> Result<(), Exit> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Exit::io(&format!("cannot read {}", path.display()), &error)),
    };
    // In UTF-16, every other byte of the mark is zero.
    let text: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).collect();
    if text.windows(MARK.len()).any(|window| window == MARK.as_bytes()) {
        return Ok(());
    }
    Err(Exit::failure(format!(
        "{} is there, and `lmsync service install` did not write it; nothing was changed. Move it away first.",
        path.display()
    )))
}

/// Replaces the definition as a whole.
fn define(path: &Path, text: &str, encoding: Encoding) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let bytes = match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf16 => {
            let text = text.replace('\n', "\r\n");
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        }
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Writes a file that is not there yet; only its owner can read it, as any temporary file.
fn create_private(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist_noclobber(path)?;
    Ok(())
}

fn make_private(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    match platform::set_mode(path, 0o700) {
        // There, a folder below the user's own is that user's alone.
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(()),
        result => result,
    }
}

fn remove(path: &Path) -> Result<(), Exit> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Exit::unwritable(&format!("cannot remove {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

fn run(words: &[String], failure: Failure) -> Result<(), Exit> {
    let tries = if failure == Failure::IsRepeated { TRIES } else { 1 };
    let mut why = String::new();
    for _ in 0..tries {
        if !why.is_empty() {
            pause();
        }
        why = match output(words) {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => last_line(&output),
            Err(error) => error.to_string(),
        };
    }
    if matches!(failure, Failure::IsFine | Failure::ShowsNext) {
        return Ok(());
    }
    Err(Exit::failure(format!("`{}` failed: {why}", shown(words))))
}

#[expect(clippy::disallowed_methods, reason = "no runtime runs here that this could block")]
pub(super) fn pause() {
    std::thread::sleep(BETWEEN);
}

/// The last thing that a program said, of either output.
pub(super) fn last_line(output: &Output) -> String {
    let texts = [&output.stderr, &output.stdout].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let line = texts.iter().find_map(|text| text.lines().rev().find(|line| !line.trim().is_empty()));
    line.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned())
}

/// A command line as a person could type it.
fn shown(words: &[String]) -> String {
    let word = |word: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c);
        if word.chars().all(plain) { word.clone() } else { format!("\"{word}\"") }
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_that_somebody_else_wrote_stays_and_one_of_ours_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("units").join("lmsync.service");
        let define = |encoding| {
            let text = format!("# {MARK}\nnew");
            carry_out(&[Step::Define { path: path.clone(), text, encoding }])
        };
        assert!(define(Encoding::Utf16).is_ok());
        assert!(define(Encoding::Utf8).is_ok(), "the mark is found in UTF-16 too");
        fs::write(&path, "[Service]\nExecStart=/mine\n").unwrap();
        assert!(define(Encoding::Utf8).is_err());
        assert!(carry_out(&[Step::Undefine(path.clone())]).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "[Service]\nExecStart=/mine\n");
    }

    #[test]
    fn settings_are_made_once_and_removed_only_as_they_were_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lmsync.env");
        let (make, remove) = (
            Step::Settings { path: path.clone(), text: "A=1\n" },
            Step::RemoveSettings { path: path.clone(), text: "A=1\n" },
        );
        assert!(carry_out(&[make.clone(), make.clone(), remove.clone()]).is_ok());
        assert!(!path.exists());
        fs::write(&path, "A=2\n").unwrap();
        assert!(carry_out(&[make, remove]).is_ok());
        assert_eq!(fs::read_to_string(&path).unwrap(), "A=2\n");
    }

    #[test]
    fn a_program_that_fails_ends_the_plan_unless_it_may() {
        let step = |failure| Step::Run { words: vec!["cargo-no-such-program".into()], failure };
        assert!(carry_out(&[step(Failure::IsFine)]).is_ok());
        assert!(carry_out(&[step(Failure::Ends)]).is_err());
    }
}
