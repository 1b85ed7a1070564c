//! Numbers and lists of names in sentences.

/// How many names a sentence has before it counts the rest: a person reads no list of hundreds.
const NAMED: usize = 3;

/// `1 model`, `2 models`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", by_number(number, "", "s"))
}

/// The word for one thing, or the word for several.
#[must_use]
pub fn by_number<'a>(number: usize, one: &'a str, several: &'a str) -> &'a str {
    if number == 1 { one } else { several }
}

/// The first few names, and how many more there are.
pub fn name_some<T: ToString>(names: &[T]) -> String {
    let named: Vec<String> = names.iter().take(NAMED).map(ToString::to_string).collect();
    match names.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_counts_and_names_a_few() {
        assert_eq!([0, 1, 2].map(|number| count(number, "model")), ["0 models", "1 model", "2 models"]);
        assert_eq!(name_some::<&str>(&[]), "");
        assert_eq!(name_some(&["a", "b", "c"]), "a, b, c");
        assert_eq!(name_some(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
