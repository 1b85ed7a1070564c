//! Ids in a line for a person: a few by their names, the rest by their number.

use domain::ModelId;

/// How many ids a line names before it counts the rest, and in how many bytes: a server may list 100,000.
const NAMED_IDS: usize = 50;
const NAMED_BYTES: usize = 2_000;

/// Ids in a log line, with their number: all of a few, the first of many.
pub(crate) fn named<'a>(ids: impl ExactSizeIterator<Item = &'a ModelId>) -> String {
    let count = ids.len();
    let mut room = NAMED_BYTES;
    let fits = |id: &&str| {
        let left = room.checked_sub(id.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let named: Vec<&str> = ids.take(NAMED_IDS).map(ModelId::as_str).take_while(fits).collect();
    let and = match count - named.len() {
        0 => String::new(),
        rest if named.is_empty() => format!("{rest} with long names"),
        rest => format!(" and {rest} more"),
    };
    format!("{count} [{}{and}]", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_few_ids_and_counts_the_rest() {
        let ids = |texts: &[&str]| -> Vec<_> { texts.iter().map(|id| ModelId::new(id).unwrap()).collect() };
        assert_eq!(named(ids(&["a", "b"]).iter()), "2 [a, b]");
        assert!(named(ids(&["a"; 1000]).iter()).ends_with("a, a and 950 more]"));
        let long = "x".repeat(1024);
        assert_eq!(named(ids(&[long.as_str(); 3]).iter()), format!("3 [{long} and 2 more]"));
        let longer = "é".repeat(1024);
        assert_eq!(named(ids(&[longer.as_str(); 3]).iter()), "3 [3 with long names]");
    }
}
