//! JSON edited as text: values are found and replaced without being parsed, so all else stays token for token.
//!
//! Both files that hold lmsync's rows are edited with it: models.json, and openclaw.json through the gateway.
//! [`Row`] is the one place that knows how a model's row is read and written.

mod cursor;
mod layout;
mod object;
mod row;
mod string;

pub use cursor::{Cursor, is_space};
pub use layout::Layout;
pub use object::Object;
pub use row::{IdAndRow, Row, id_and_row};
pub use string::{Member, is_key, quoted, text};
