//! HTTP for people and machines: the API, GS1 Digital Link, and the pages.

// Both languages of the pages, compiled in; `page::lang` is the only reader.
rust_i18n::i18n!("locales");

pub mod page;
