//! The standard library for a target that rustup has not installed: its source, of the very version of this compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Puts Debian's package of that version below a folder, by apt, with its own mirror, keys and lists.
const FETCH: &str = r#"
    version=$1 folder=$2
    mirror=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources | head -n 1)
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie-backports main" >"$folder/apt/list"
    apt=(-o "Dir::Etc::sourcelist=$folder/apt/list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$folder/apt/lists" -o "Dir::Cache::archives=$folder/apt/archives"
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
    apt-get "${apt[@]}" -qq update
    package=$(apt-cache "${apt[@]}" madison rust-src | cut -d'|' -f2 | tr -d ' ' | grep -m 1 "^$version+")
    cd "$folder/apt"
    apt-get "${apt[@]}" -qq download "rust-src=$package"
    dpkg-deb -x rust-src_*.deb "$folder"
    rm -r "$folder/apt"
"#;

/// Whether the target's standard library is installed, as by `rustup target add`.
pub(super) fn is_installed(triple: &str) -> Result<bool, String> {
    Ok(Path::new(&ask(&["--print", "target-libdir", "--target", triple])?).is_dir())
}

/// The folder `library`, fetched if need be; `None` where rustup has installed it (`rustup component add rust-src`).
pub(super) fn fetched(tools: &Path) -> Result<Option<PathBuf>, String> {
    let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?);
    if sysroot.join("lib/rustlib/src/rust/library/std").is_dir() {
        return Ok(None);
    }
    let version = ask(&["--version"])?;
    let version = version.split(' ').nth(1).unwrap_or_default();
    let folder = tools.join("rust-src");
    let library = folder.join(format!("usr/src/rustc-{version}/library"));
    if !library.join("std").is_dir() {
        println!("fetching the source of the standard library {version} into {}", folder.display());
        let mut fetch = Command::new("bash");
        fetch.args(["-euo", "pipefail", "-c", FETCH, "fetch", version]).arg(&folder);
        let status = fetch.status().map_err(|error| format!("cannot run bash: {error}"))?;
        if !status.success() || !library.join("std").is_dir() {
            return Err("the standard library's source is missing: rustup component add rust-src".into());
        }
    }
    Ok(Some(library))
}

fn ask(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("rustc").args(arguments).output();
    let output = output.map_err(|error| format!("cannot run rustc: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
