//! What a stranger, a rival and a careless browser try, and that it is refused: a file each. The
//! routes come from `authority::rules`, so that one that is added later is tried, too.

mod browsing;
mod csrf;
mod injection;
mod session;
mod upload;
