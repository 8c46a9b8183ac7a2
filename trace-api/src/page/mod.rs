//! Pages as pure functions: plain data in, HTML out.
//!
//! No store, no HTTP, no clock: whoever serves a page fills a view (`TraceView`, `LabView` …) and a
//! [`Site`], and gets a `String`. Everything that comes from a view is escaped by the templates.
//! A page contains no inline script and no inline style, so `default-src 'self'` holds.

use model::time::Timestamp;

pub mod account;
pub mod asset;
pub mod camera;
pub mod catalogue;
pub mod chart;
pub mod clock;
pub mod copy;
pub mod credential;
mod face;
pub mod filing;
pub mod home;
pub mod kiosk;
pub mod lab;
pub mod label_run;
pub mod lang;
pub mod login;
pub mod map;
pub mod operator;
pub mod outline;
pub mod pack;
mod phrasing;
pub mod problem;
pub mod producer;
pub mod quantity;
pub mod supervisor;
pub mod trace;
pub mod wall;
pub mod words;

pub use lang::Lang;
pub use words::{Mark, Source, Words};

/// A rendered page, or the formatter's failure, which a `String` never causes.
pub type Page = Result<String, askama::Error>;

/// What every page knows about the place it is shown in.
#[derive(Debug, Clone)]
pub struct Site {
    /// The demonstration county: puts the banner 演示数据 on every page.
    pub demo: bool,
    /// Language of the page.
    pub lang: Lang,
    /// 大字: everything a quarter larger.
    pub large: bool,
    /// Who is signed in, if anyone.
    pub signed_in: Option<Who>,
    /// Version of the software, shown at the foot.
    pub version: String,
    /// Path and query of this page **without** `lang` and `size`, for the language switch and the way back
    /// after signing in. Must begin with a single `/`.
    pub here: String,
    /// The present, for ages such as “3 小时前”.
    pub now: Timestamp,
    /// Token put into every POST form as the hidden field `csrf`; left out when empty.
    pub csrf: String,
    /// One line shown above the content after a POST: what was done, or why not.
    pub flash: Option<Flash>,
    /// What a copy says of itself; `None` for a live page.
    pub copy: Option<copy::Copied>,
}

/// Who is signed in, as the page's head shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Name of the account.
    pub account: String,
    /// What the account may do; decides the links in the head.
    pub role: Role,
}

/// The desks' users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// 生产主体
    Producer,
    /// 快检室
    Lab,
    /// 监管
    Supervisor,
    /// 运维
    Operator,
}

/// The outcome of the form just sent, already in the page's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// True for what was done, false for what was refused.
    pub good: bool,
    /// The sentence, such as “已保存 10:21”.
    pub text: String,
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::tests_site;
