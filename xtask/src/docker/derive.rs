//! An image for another architecture, as an archive that `docker load` takes: one layer with the program, and the
//! configuration of an image that Docker has built.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::archive;

/// Writes the archive of the program `lmsync` in `folder` beside that folder. `like` is what Docker says of the image
/// whose configuration it gets.
pub(super) fn write(like: &Value, tags: &[String], architecture: &str, folder: &Path) -> Result<PathBuf, String> {
    let parts = folder.with_extension("parts");
    let _ = fs::remove_dir_all(&parts);
    fs::create_dir_all(&parts).map_err(|error| format!("{}: {error}", parts.display()))?;
    let layer = parts.join("layer.tar");
    archive::tar(folder, &["lmsync"], &layer)?;
    let config = config(like, architecture, &archive::sha256(&layer)?)?;
    let manifest = json!([{ "Config": "config.json", "RepoTags": tags, "Layers": ["layer.tar"] }]);
    for (name, value) in [("config.json", config), ("manifest.json", manifest)] {
        let path = parts.join(name);
        fs::write(&path, value.to_string()).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let whole = folder.with_extension("tar");
    archive::tar(&parts, &["config.json", "layer.tar", "manifest.json"], &whole)?;
    Ok(whole)
}

/// The configuration of an image, after <https://github.com/opencontainers/image-spec/blob/main/config.md>.
fn config(like: &Value, architecture: &str, layer: &str) -> Result<Value, String> {
    if !like["Config"].is_object() || !like["Created"].is_string() {
        return Err("docker says nothing of how its image is configured".into());
    }
    Ok(json!({
        "architecture": architecture,
        "os": "linux",
        "created": like["Created"],
        "config": like["Config"],
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{layer}")] },
        "history": [{ "created": like["Created"], "created_by": "COPY lmsync /lmsync" }],
    }))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_image_has_the_other_ones_configuration_and_its_own_program() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("arm64");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("lmsync"), "the program").unwrap();
        let like = json!({ "Created": "2026-01-01T00:00:00Z", "Config": { "User": "1000:1000" } });
        let archive = write(&like, &["r/lmsync:1-arm64".to_owned()], "arm64", &folder).unwrap();
        let read = |name: &str| {
            let output = Command::new("tar").arg("-xOf").args([&archive]).arg(name).output().unwrap();
            serde_json::from_slice::<Value>(&output.stdout).unwrap()
        };
        assert_eq!(read("manifest.json")[0]["RepoTags"], json!(["r/lmsync:1-arm64"]));
        let config = read("config.json");
        assert_eq!((&config["architecture"], &config["config"]["User"]), (&json!("arm64"), &json!("1000:1000")));
        let layer = archive::sha256(&parent.path().join("arm64.parts/layer.tar")).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"], json!([format!("sha256:{layer}")]));
        assert!(write(&json!(null), &[], "arm64", &folder).unwrap_err().contains("configured"));
    }
}
