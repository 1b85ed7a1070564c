//! The answer to `GET /models`: which ids can be served, and whether the answer says all of them.

use std::collections::HashSet;

use domain::{FactSheet, Incomplete, Listing, ModelId, Oddity, Unread};

use super::json::{self, List};
use super::not_a_list::{MAX_ENTRIES, MAX_KEPT, NotAList};
use super::stated::Entry;

/// One answer, which may be a page of several.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) entries: Entries,
    pub(super) next: Next,
}

/// What was read of the entries of a list.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) ids: Vec<ModelId>,
    skipped: usize,
    /// What the first one is that could not be read.
    first_skipped: Option<Oddity>,
    pub(super) facts: FactSheet,
    /// Models that were made of another one (a LoRA), and that one.
    pub(super) parents: Vec<(ModelId, ModelId)>,
    /// How many bytes of text are kept: ids and names.
    kept: usize,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: it is the last one.
    Nothing,
    /// A page, which begins after this id.
    After(String),
    /// A page, and nobody says where it begins.
    Somewhere,
}

/// What a server lists, page by page.
#[derive(Debug)]
pub(super) struct Pages {
    whole: Page,
    /// The ids so far; empty until a second page comes.
    seen: HashSet<ModelId>,
}

/// What is read of an answer besides its entries. OpenAI's lists say `has_more`, and begin the next page after
/// `last_id`, else after the last id of this one. The other names are those of other ways of paging, which are known
/// well enough to see that there is more.
const NAMES: [&str; 13] = [
    "data",
    "error",
    "object",
    "has_more",
    "last_id",
    "hasMore",
    "has_next",
    "next",
    "next_page",
    "next_page_token",
    "nextPageToken",
    "next_cursor",
    "nextCursor",
];

/// Reads `{"data": [{"id": "…"}, …]}`, or the array alone. An entry needs a usable `id` and nothing else: LM Studio
/// has no `created`, aichat no top-level `object`, and nobody here needs either.
///
/// `"data": null` is an empty list where `object` says that it is one: Go writes an empty slice so (Ollama,
/// `ollama/ollama#14544`). A list of which no entry has a usable id is no list.
pub(super) fn parse(body: &[u8]) -> Result<Page, NotAList> {
    parse_with(body, None)
}

/// The same, where entries have been read and taken out of the list whose first entry begins at that byte.
pub(super) fn parse_with(body: &[u8], mut read: Option<(usize, Entries)>) -> Result<Page, NotAList> {
    let text = json::text_of(body)?;
    if text.trim_start().starts_with('[') {
        return bare(text, read);
    }
    let [data, _error, object, has_more, last_id, others @ ..] = json::object(text, NAMES)?;
    let data = data.ok_or(NotAList::NoList { key: "data" })?;
    let announced = [has_more].iter().chain(&others).flatten().any(|value| !json::is_nothing(value));
    let next = |last: Option<&ModelId>| match (announced, has_more.filter(|more| !json::is_nothing(more))) {
        (false, _) => Next::Nothing,
        (true, None) => Next::Somewhere,
        (true, Some(_)) => {
            let last = last_id.and_then(json::some_text).or_else(|| last.map(ToString::to_string));
            last.map_or(Next::Somewhere, Next::After)
        }
    };
    if data == "null" && object.and_then(json::string).as_deref() == Some("list") {
        return Entries::default().into_page(next(None));
    }
    // Of a repeated key the last value counts, which may be another list.
    let begins = data.as_ptr().addr() - text.as_ptr().addr() + 1;
    let read = read.take_if(|(start, _)| *start == begins);
    let mut entries = read.map(|(_, entries)| entries).unwrap_or_default();
    entries.add(data)?;
    let next = next(entries.ids.last());
    entries.into_page(next)
}

/// Reads a list that is an array by itself, as Together's is. An empty one is nobody's word: there is nothing that
/// says that it is a list of models.
fn bare(text: &str, read: Option<(usize, Entries)>) -> Result<Page, NotAList> {
    // Nesting without end would cost as much memory again as the text.
    if read.is_none() && text.trim_start().get(1..).is_some_and(|rest| rest.trim_start().starts_with('[')) {
        return Err(NotAList::NotAnObject { key: "data", found: "an array of arrays" });
    }
    let mut entries = read.map(|(_, entries)| entries).unwrap_or_default();
    entries.add(json::bare_array(text)?)?;
    if entries.ids.is_empty() && entries.skipped == 0 {
        return Err(NotAList::NotAnObject { key: "data", found: "an empty array" });
    }
    entries.into_page(Next::Nothing)
}

impl Entries {
    /// Reads the entries of an array, in addition to those that have been read.
    fn add(&mut self, array: &str) -> Result<(), NotAList> {
        let list = json::array(array, "data", |entry| self.read(entry))?;
        self.extend(list)
    }

    /// The same with a part of the array, as an array of its own. `Err(None)` where it is no JSON.
    pub(super) fn add_part(&mut self, array: &str) -> Result<(), Option<NotAList>> {
        let list = json::part(array, |entry| self.read(entry))?;
        Ok(self.extend(list)?)
    }

    fn extend(&mut self, list: List<'_, ModelId>) -> Result<(), NotAList> {
        self.skipped += list.skipped;
        if self.first_skipped.is_none() {
            self.first_skipped = list.first_skipped.map(json::oddity);
        }
        match self.ids.is_empty() {
            true => self.ids = list.items,
            false => self.ids.extend(list.items),
        }
        if self.ids.len() + self.skipped > MAX_ENTRIES {
            return Err(NotAList::TooMany);
        }
        if self.kept > MAX_KEPT { Err(NotAList::TooLong) } else { Ok(()) }
    }

    fn into_page(self, next: Next) -> Result<Page, NotAList> {
        match self.first_skipped {
            Some(first) if self.ids.is_empty() => Err(NotAList::NoId { count: self.skipped, first }),
            first_skipped => Ok(Page { entries: Self { first_skipped, ..self }, next }),
        }
    }

    /// Reads an entry: its id, and what it says of the model.
    fn read(&mut self, entry: &str) -> Option<ModelId> {
        let entry = Entry::read(entry)?;
        let id = ModelId::new(&json::string(entry.id?)?).ok()?;
        self.kept += id.as_str().len();
        if let Some(facts) = entry.facts(id.as_str()) {
            self.kept += facts.name.as_ref().map_or(0, |name| name.len());
            self.facts.add([id.clone()], facts);
        }
        if let Some(parent) = entry.parent.and_then(json::some_text).and_then(|id| ModelId::new(&id).ok()) {
            self.kept += parent.as_str().len();
            self.parents.push((id.clone(), parent));
        }
        Some(id)
    }
}

impl Page {
    /// The same, with `show` applied to what is said of an entry that cannot be read.
    pub(super) fn showing(mut self, show: impl FnOnce(Oddity) -> Oddity) -> Self {
        self.entries.first_skipped = self.entries.first_skipped.map(show);
        self
    }
}

impl Pages {
    /// Begins with the first page. What is listed twice on one page is listed once in the end.
    pub(super) fn new(first: Page) -> Self {
        Self { whole: first, seen: HashSet::new() }
    }

    /// Adds a page that follows. Where it holds nothing that is new, or one model too many, the list ends there.
    pub(super) fn add(&mut self, page: Page) -> Result<(), Unread> {
        let Entries { ids, skipped, first_skipped, facts, parents, kept } = page.entries;
        let whole = &mut self.whole.entries;
        if self.seen.is_empty() {
            self.seen = whole.ids.iter().cloned().collect();
        }
        if whole.kept + kept > MAX_KEPT {
            return Err(Unread::Endless);
        }
        let (before, is_empty) = (whole.ids.len(), ids.is_empty());
        whole.ids.extend(ids.into_iter().filter(|id| self.seen.insert(id.clone())));
        whole.skipped += skipped;
        whole.first_skipped = whole.first_skipped.take().or(first_skipped);
        // What two pages say of one model is joined, as on one page.
        for (id, facts) in facts.iter() {
            whole.facts.add([id.clone()], facts.clone());
        }
        whole.parents.extend(parents);
        whole.kept += kept;
        if whole.ids.len() > MAX_ENTRIES {
            whole.ids.truncate(MAX_ENTRIES);
            return Err(Unread::Endless);
        }
        if whole.ids.len() == before && !(is_empty && page.next == Next::Nothing) {
            return Err(Unread::Repeated);
        }
        self.whole.next = page.next;
        Ok(())
    }

    /// What follows the last page.
    pub(super) fn next(&self) -> &Next {
        &self.whole.next
    }

    /// All that was listed; `unread` is why a further page was not read.
    pub(super) fn into_listing(self, unread: Option<Unread>) -> Listing {
        let Entries { ids, skipped: count, first_skipped, mut facts, parents, .. } = self.whole.entries;
        for (id, parent) in &parents {
            facts.inherit(id, parent);
        }
        let unreadable = first_skipped.map(|first| Incomplete::Entries { count, first });
        Listing::new(ids).with_facts(facts).but(unreadable.or(unread.map(Incomplete::Page)))
    }
}

#[cfg(test)]
mod tests;
