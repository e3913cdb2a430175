//! What differs between shells: quoting, and later rendering, titles and the init prelude.
//!
//! It knows nothing of databases; it is handed text and answers with text.

mod quote;

pub use quote::posix;
