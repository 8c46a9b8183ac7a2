//! Seeds: drawn where nobody chose one, printed always. A printed seed repeats what is done and
//! after how long; it cannot repeat what the machine does meanwhile.

use std::str::FromStr;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// All chance of a test, from the variable or drawn; either way it is said which.
pub fn seeded(variable: &str) -> StdRng {
    let seed = setting(variable).unwrap_or_else(draw);
    println!("{variable}={seed}");
    StdRng::seed_from_u64(seed)
}

/// A number from the environment.
pub fn setting<T: FromStr>(variable: &str) -> Option<T> {
    std::env::var(variable).ok()?.parse().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a seed that nobody chose; it is printed"
)]
fn draw() -> u64 {
    rand::random()
}
