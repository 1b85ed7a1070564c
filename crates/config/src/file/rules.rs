//! The user's own rules, as `lmsync.toml` writes them: for the first server at its top, for the others below
//! each `[[server]]`.

use domain::{Glob, Input, Override, Rules};

use super::reader::{FileError, Item, Table};

/// Takes `include`, `exclude` and `[[override]]`.
pub(super) fn take(table: &mut Table<'_>) -> Result<Rules, FileError> {
    let include = globs(table, "include")?;
    let exclude = globs(table, "exclude")?;
    let overrides = table.take_tables("override")?.into_iter().map(one_override).collect::<Result<_, _>>()?;
    Ok(Rules { include, exclude, overrides })
}

fn globs(table: &mut Table<'_>, key: &str) -> Result<Vec<Glob>, FileError> {
    let Some(item) = table.take(key) else { return Ok(Vec::new()) };
    let items = item.elements("an array of patterns such as [\"qwen/*\"]")?;
    items.iter().map(|item| Ok(Glob::new(item.word()?))).collect()
}

fn one_override(mut table: Table<'_>) -> Result<Override, FileError> {
    let glob = table.require("match", "a pattern such as \"qwen/*\"")?;
    let taken = Override {
        glob: Glob::new(glob.word()?),
        name: table.take("name").map(|item| item.word().map(str::to_owned)).transpose()?,
        context_window: table.take("context_window").map(|item| item.tokens()).transpose()?,
        context_tokens: table.take("context_tokens").map(|item| item.tokens()).transpose()?,
        max_tokens: table.take("max_tokens").map(|item| item.tokens()).transpose()?,
        reasoning: table.take("reasoning").map(|item| item.switch()).transpose()?,
        input: table.take("input").map(input).transpose()?,
    };
    table.finish(|_| None)?;
    Ok(taken)
}

fn input(item: Item<'_>) -> Result<Input, FileError> {
    let expected = "[\"text\"] or [\"text\", \"image\"]";
    let unexpected = item.fail(format!("expected {expected}"));
    let items = item.elements(expected)?;
    let words: Vec<&str> = items.iter().map(Item::text).collect::<Result<_, _>>()?;
    match words[..] {
        ["text"] => Ok(Input::Text),
        ["text", "image"] | ["image", "text"] => Ok(Input::TextAndImage),
        _ => Err(unexpected),
    }
}
