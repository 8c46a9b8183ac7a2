//! The routes, tried in process against real PostgreSQL: who may, what comes back, what is left
//! behind. What needs neither is tested where it stands.

mod accounts;
mod authority;
mod certificate;
mod county;
mod credential;
mod devices;
mod examples;
mod export;
mod farm;
mod filing;
mod filing_pages;
mod import;
mod lab;
mod label_runs;
mod labels;
mod life;
mod live;
mod lots;
mod mirror;
mod oidc;
mod operation;
mod own_account;
mod pack;
mod pages;
mod pictures;
mod plots;
mod printing;
mod producer_desk;
mod profiles;
mod property;
mod public;
mod quick_test;
mod quick_test_table;
mod recall;
mod relief;
mod report;
mod roles;
mod scans;
mod security;
mod sessions;
mod supervision;
mod trace;
mod world;

/// What a test returns: anything that went wrong fails it.
type Outcome = Result<(), Box<dyn std::error::Error>>;
