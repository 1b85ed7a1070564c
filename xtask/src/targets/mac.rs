//! Whether macOS loads a program: it has an entry, needs nothing but what each Mac has, and is signed. A program for
//! Apple's own processors that is not signed, or that was changed after it was signed, is killed at its start.

use object::Endianness;
use object::macho::{self, MachHeader64};
use object::read::macho::{CodeDirectory, LoadCommandVariant, MachHeader as _};
use ring::digest::{SHA256, digest};

/// The oldest macOS that runs the programs: the first one for Apple's own processors.
pub(super) const OLDEST: &str = "11.0";

/// Where the libraries are that each Mac has.
const SYSTEM: [&str; 2] = ["/usr/lib/", "/System/Library/Frameworks/"];

/// Says in a few words what the program needs, and how it is signed.
pub(super) fn check(program: &[u8]) -> Result<String, String> {
    read_commands(program).map_err(|error| error.to_string())?.check(program)
}

/// What the load commands say.
#[derive(Default)]
struct Commands<'a> {
    is_for_apples_processors: bool,
    has_entry: bool,
    libraries: Vec<String>,
    oldest: Option<String>,
    signed: Option<CodeDirectory<'a>>,
}

fn read_commands(program: &[u8]) -> object::read::Result<Commands<'_>> {
    let header = MachHeader64::<Endianness>::parse(program, 0)?;
    let endian = header.endian()?;
    let is_for_apples_processors = header.cputype(endian) == macho::CPU_TYPE_ARM64;
    let mut found = Commands { is_for_apples_processors, ..Commands::default() };
    let mut commands = header.load_commands(endian, program, 0)?;
    while let Some(command) = commands.next()? {
        match command.variant()? {
            LoadCommandVariant::EntryPoint(_) => found.has_entry = true,
            LoadCommandVariant::Dylib(library) => {
                let name = command.string(endian, library.dylib.name)?;
                found.libraries.push(String::from_utf8_lossy(name).into_owned());
            }
            LoadCommandVariant::BuildVersion(version, _) => {
                found.oldest = Some(version.minos.get(endian).to_string());
            }
            LoadCommandVariant::VersionMin(version) => {
                found.oldest = Some(version.version.get(endian).to_string());
            }
            LoadCommandVariant::LinkeditData(data) if command.cmd() == macho::LC_CODE_SIGNATURE => {
                let signature = data.code_signature(endian, program)?;
                let mut blobs = signature.blobs();
                while let Some(blob) = blobs.next()? {
                    found.signed = found.signed.or(blob.code_directory()?);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

impl Commands<'_> {
    fn check(self, program: &[u8]) -> Result<String, String> {
        if !self.has_entry {
            return Err("it has no entry".into());
        }
        let is_foreign = |name: &&String| !SYSTEM.iter().any(|folder| name.starts_with(folder));
        if let Some(foreign) = self.libraries.iter().find(is_foreign) {
            return Err(format!("it needs {foreign}, which not every Mac has"));
        }
        let oldest = self.oldest.ok_or("it names no oldest version")?;
        if oldest != format!("{OLDEST}.0") {
            return Err(format!("it is for macOS from {oldest}, not from {OLDEST}"));
        }
        let signature = match self.signed {
            Some(signed) => format!("its signature covers {} pages", verify_pages(&signed, program)?),
            None if self.is_for_apples_processors => return Err("it is not signed".into()),
            // Nor does the translator that runs such a program on Apple's.
            None => "not signed, which Intel's processors do not ask for".to_owned(),
        };
        Ok(format!("from macOS {oldest}, needs {}, {signature}", self.libraries.join(", ")))
    }
}

/// Compares the hash of each page with the one that was signed, as macOS does. Returns their number.
fn verify_pages(signed: &CodeDirectory<'_>, program: &[u8]) -> Result<u32, String> {
    let header = signed.header();
    if header.hash_type != macho::CS_HASHTYPE_SHA256 {
        return Err("its signature has other hashes than SHA-256".into());
    }
    let end = usize::try_from(signed.code_limit()).unwrap_or(usize::MAX);
    let code = program.get(..end).ok_or("its signature covers more than the file has")?;
    let size = 1_usize.checked_shl(header.page_size.into()).ok_or("its signature has no size of a page")?;
    let count = header.n_code_slots.get(object::BigEndian);
    if code.is_empty() || code.len().div_ceil(size) != count as usize {
        return Err(format!("its signature has {count} pages for {} bytes", code.len()));
    }
    for (number, page) in (0..count).zip(code.chunks(size)) {
        let hash = signed.code_hash(number).map_err(|error| error.to_string())?;
        if digest(&SHA256, page).as_ref() != hash {
            return Err(format!("page {number} of {count} was changed after it was signed"));
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM_LIBRARY: &str = "/usr/lib/libSystem.B.dylib";

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// A load command that names a library, whose name fills 32 bytes.
    fn library(name: &str) -> Vec<u8> {
        let mut bytes = words(&[macho::LC_LOAD_DYLIB.0, 56, 24, 0, 0, 0]);
        bytes.extend(name.as_bytes());
        bytes.resize(56, 0);
        bytes
    }

    /// A program with an entry that is signed as one page, and needs this library.
    fn program(name: &str) -> Vec<u8> {
        const LENGTH: u32 = 32 + 24 + 56 + 24 + 16;
        let entry = words(&[macho::LC_MAIN.0, 24, 0, 0, 0, 0]);
        let oldest = words(&[macho::LC_BUILD_VERSION.0, 24, 1, 0x000b_0000, 0x000b_0000, 0]);
        let signature = words(&[macho::LC_CODE_SIGNATURE.0, 16, LENGTH, 20 + 44 + 32]);
        let mut bytes = words(&[0xfeed_facf, 0x0100_000c, 0, 2, 4, LENGTH - 32, 0, 0]);
        bytes.extend([entry, library(name), oldest, signature].concat());
        let hash = digest(&SHA256, &bytes);
        let super_blob = [macho::CSMAGIC_EMBEDDED_SIGNATURE, 96, 1, 0, 20];
        // The version before all additions, ad hoc, hashes after the header, one page of 2^12 bytes.
        let directory = [macho::CSMAGIC_CODEDIRECTORY, 76, 0x20001, 2, 44, 0, 0, 1, LENGTH, 0x2002_000c, 0];
        bytes.extend(super_blob.iter().chain(&directory).flat_map(|word| word.to_be_bytes()));
        bytes.extend(hash.as_ref());
        bytes
    }

    #[test]
    fn a_signed_program_that_needs_the_system_alone_is_accepted() {
        let said = check(&program(SYSTEM_LIBRARY)).unwrap();
        assert_eq!(said, format!("from macOS 11.0.0, needs {SYSTEM_LIBRARY}, its signature covers 1 pages"));
    }

    #[test]
    fn only_a_program_for_intels_processors_need_not_be_signed() {
        let mut unsigned = program(SYSTEM_LIBRARY);
        // The last load command becomes one that says nothing.
        unsigned[136] = 0x1b;
        unsigned[140] = 24;
        unsigned[20] = 24 + 56 + 24 + 24;
        assert_eq!(check(&unsigned).unwrap_err(), "it is not signed");
        unsigned[4] = 7;
        assert!(check(&unsigned).unwrap().ends_with("not signed, which Intel's processors do not ask for"));
    }

    #[test]
    fn what_was_changed_after_it_was_signed_is_refused() {
        let mut changed = program(SYSTEM_LIBRARY);
        changed[40] ^= 1;
        assert!(check(&changed).unwrap_err().contains("changed after it was signed"));
    }

    #[test]
    fn what_needs_a_library_of_somebody_else_or_is_not_whole_is_refused() {
        let error = check(&program("/opt/lib/libfoo.dylib")).unwrap_err();
        assert!(error.contains("/opt/lib/libfoo.dylib"), "{error}");
        let whole = program(SYSTEM_LIBRARY);
        assert!(check(&whole[..whole.len() - 1]).is_err());
    }
}
