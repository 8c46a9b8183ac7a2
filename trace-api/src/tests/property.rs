//! Properties over sequences of API calls, against the router and a real database. What is right is
//! decided by a model on this side ([`oracle`]) that shares no code with the product: it was written
//! from the design's words, and knows the life of a lot as a list of pairs.
//!
//! Every case is drawn from a seed that a failure prints. `SUYUAN_PROPERTY_CASES` (24) makes a run
//! longer, `SUYUAN_PROPERTY_SEED` (1) another one.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

mod calls;
mod life;
mod oracle;
mod writes;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn setting(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok().and_then(|text| text.parse().ok());
    set.unwrap_or(default)
}

/// Tries a property on cases of a strategy; a failure is made as short as it goes.
fn hold<S, F>(strategy: &S, check: F) -> super::Outcome
where
    S: Strategy,
    S::Value: std::fmt::Debug,
    F: Fn(S::Value) -> Fallible<()>,
{
    let seed = setting("SUYUAN_PROPERTY_SEED", 1);
    let config = Config {
        cases: setting("SUYUAN_PROPERTY_CASES", 24) as u32,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let tried = runner.run(strategy, |case| {
        check(case).map_err(|error| TestCaseError::fail(error.to_string()))
    });
    tried.map_err(|error| format!("seed {seed}: {error}").into())
}
