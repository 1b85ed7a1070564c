//! What tokens cost: as a server states it, and as OpenClaw counts it.

use std::fmt;

/// The most that a token costs anywhere, in dollars: a thousand dollars per million tokens. Some servers state prices
/// per million tokens below the same keys (Chutes, Together), and no model's is below this number of dollars.
const MOST_PER_TOKEN: f64 = 0.001;

/// The largest number that may be a price in whatever unit.
const MOST: f64 = 1e6;

/// Dollars per million tokens, which is OpenClaw's unit, counted in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Dollars(u64);

impl Dollars {
    /// How many millionths make a dollar.
    const PARTS: f64 = 1e6;

    /// An amount that is a whole number of millionths of a dollar, as every amount that [`fmt::Display`] wrote is.
    #[must_use]
    pub fn per_million(dollars: f64) -> Option<Self> {
        let parts = dollars * Self::PARTS;
        let is_whole = (parts - parts.round()).abs() < 1e-3;
        ((0.0..=MOST).contains(&dollars) && is_whole).then_some(Self(parts.round() as u64))
    }

    /// The amount as a number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0 as f64 / Self::PARTS
    }
}

/// The number in JSON, without zeros at its end: `2.5`.
impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = Self::PARTS as u64;
        let (whole, rest) = (self.0 / parts, format!("{:06}", self.0 % parts));
        match rest.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            rest => write!(f, "{whole}.{rest}"),
        }
    }
}

/// A price as a server states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Price {
    /// This much; nothing, where it is free.
    Known(Dollars),
    /// More than nothing, in a unit that cannot be told.
    Unclear,
}

impl Price {
    /// Reads a price of one token in dollars, which OpenRouter's key `pricing` holds. `None` for what is no price:
    /// negative (OpenRouter's `-1` is a price that varies), endless, or less than can be counted.
    #[must_use]
    pub fn per_token(dollars: f64) -> Option<Self> {
        let parts = (dollars * 1e6 * Dollars::PARTS).round();
        match dollars {
            _ if dollars == 0.0 => Some(Self::Known(Dollars::default())),
            _ if (0.0..=MOST_PER_TOKEN).contains(&dollars) && parts >= 1.0 => Some(Self::Known(Dollars(parts as u64))),
            _ if dollars > MOST_PER_TOKEN && dollars <= MOST => Some(Self::Unclear),
            _ => None,
        }
    }

    /// A number that tells it from every other price.
    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::Known(dollars) => dollars.0,
            Self::Unclear => u64::MAX,
        }
    }

    /// The amount, where it is known.
    #[must_use]
    pub const fn known(self) -> Option<Dollars> {
        match self {
            Self::Known(dollars) => Some(dollars),
            Self::Unclear => None,
        }
    }
}

/// The prices of one model, as far as its server states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prices {
    /// Of what is sent.
    pub input: Option<Price>,
    /// Of what is answered.
    pub output: Option<Price>,
    /// Of what is sent again and read from the server's cache.
    pub cache_read: Option<Price>,
    /// Of what is put into that cache.
    pub cache_write: Option<Price>,
}

impl Prices {
    /// All that are stated.
    pub fn stated(self) -> impl Iterator<Item = Price> {
        [self.input, self.output, self.cache_read, self.cache_write].into_iter().flatten()
    }

    /// Whether tokens cost money; `None` where no price is stated.
    #[must_use]
    pub fn is_priced(self) -> Option<bool> {
        self.stated().map(|price| price > Price::Known(Dollars::default())).reduce(|ours, theirs| ours || theirs)
    }

    /// Takes each price from the first that states it.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.with(other, Option::or)
    }

    /// Takes the higher one of each price.
    #[must_use]
    pub fn or_higher(self, other: Self) -> Self {
        self.with(other, Option::max)
    }

    fn with(self, other: Self, join: impl Fn(Option<Price>, Option<Price>) -> Option<Price>) -> Self {
        Self {
            input: join(self.input, other.input),
            output: join(self.output, other.output),
            cache_read: join(self.cache_read, other.cache_read),
            cache_write: join(self.cache_write, other.cache_write),
        }
    }
}

/// What a model costs, as OpenClaw should count it. A model of one's own costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Of what is sent.
    pub input: Dollars,
    /// Of what is answered.
    pub output: Dollars,
    /// Of what is sent again and read from the server's cache.
    pub cache_read: Dollars,
    /// Of what is put into that cache.
    pub cache_write: Dollars,
}

impl Cost {
    /// The known prices; nothing for the others.
    #[must_use]
    pub fn from_prices(prices: Prices) -> Self {
        let known = |price: Option<Price>| price.and_then(Price::known).unwrap_or_default();
        Self {
            input: known(prices.input),
            output: known(prices.output),
            cache_read: known(prices.cache_read),
            cache_write: known(prices.cache_write),
        }
    }

    /// Whether it costs nothing.
    #[must_use]
    pub fn is_free(self) -> bool {
        self == Self::default()
    }

    /// OpenClaw's names for the four prices, all of which it requires, and the amounts.
    #[must_use]
    pub const fn named(self) -> [(&'static str, Dollars); 4] {
        [
            ("input", self.input),
            ("output", self.output),
            ("cacheRead", self.cache_read),
            ("cacheWrite", self.cache_write),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_price_of_a_token_becomes_one_of_a_million() {
        for (text, shown) in [
            ("0.0000025", Some("2.5")),
            ("0.00000015", Some("0.15")),
            ("1e-6", Some("1")),
            ("0.0000000375", Some("0.0375")),
            ("0.0006", Some("600")),
            ("0", Some("0")),
            ("-0.0", Some("0")),
            ("-1", None),
            ("1e-30", None),
            ("1e30", None),
            ("nan", None),
            ("inf", None),
        ] {
            let price = Price::per_token(text.parse().unwrap());
            let shown_price = price.and_then(Price::known).map(|dollars| dollars.to_string());
            assert_eq!(shown_price.as_deref(), shown, "{text}");
        }
        assert_eq!(Price::per_token(0.25), Some(Price::Unclear), "per million, as Chutes has it");
        let prices = Prices { input: Price::per_token(0.0), output: Price::per_token(1.0), ..Prices::default() };
        assert_eq!((prices.is_priced(), Cost::from_prices(prices).is_free()), (Some(true), true));
        assert_eq!(Prices::default().is_priced(), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(parts in 0..1_000_000_000_u64) {
            let dollars = Dollars(parts);
            prop_assert_eq!(Dollars::per_million(dollars.to_string().parse().unwrap()), Some(dollars));
            prop_assert_eq!(Dollars::per_million(dollars.value()), Some(dollars));
        }

        #[test]
        fn any_number_is_a_price_or_none(number in any::<f64>()) {
            if let Some(Price::Known(dollars)) = Price::per_token(number) {
                prop_assert!((0.0..=1_000.0).contains(&dollars.value()) && number >= 0.0);
            }
        }
    }
}
