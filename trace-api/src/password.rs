//! Passwords: Argon2id in PHC string form. Hashing takes tens of milliseconds and some megabytes
//! on purpose, so it runs beside the server's tasks, a few at a time.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

/// Most bytes of a password: longer ones only cost time.
pub const PASSWORD_BYTES_MAX: usize = 200;
/// Bytes of the salt, as the PHC string format recommends.
pub const SALT_BYTES: usize = 16;
/// Most checks at once; each holds 19 MiB and one processor.
const CHECKS_AT_ONCE: usize = 2;

/// Checks that run now.
static CHECKS: Semaphore = Semaphore::const_new(CHECKS_AT_ONCE);

/// A hash of no password: checked when an account is unknown, so that the answer takes as long as
/// for a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Longer than [`PASSWORD_BYTES_MAX`].
    #[error("the password has more than {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// The hash function refused it.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

/// Hashes a password with Argon2id at OWASP's parameters (19 MiB, 2 passes); takes tens of
/// milliseconds. The salt must be random.
pub fn hash(password: &str, salt: [u8; SALT_BYTES]) -> Result<String, PasswordError> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hashed
        .map(|hash| hash.to_string())
        .map_err(|error| PasswordError::Hash(error.to_string()))
}

/// Whether this is the password; `None` stands for an account that is not there, which takes as
/// long and is never right.
pub(crate) async fn verify(password: String, hash: Option<String>) -> bool {
    let known = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
    // Never closed, so the error never comes; without a permit nobody signs in.
    let Ok(_permit) = CHECKS.acquire().await else {
        return false;
    };
    let check = tokio::task::spawn_blocking(move || matches(&password, &hash));
    check.await.unwrap_or(false) && known
}

fn matches(password: &str, hash: &str) -> bool {
    password.len() <= PASSWORD_BYTES_MAX
        && PasswordHash::new(hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() -> Result<(), PasswordError> {
        let hashed = hash("suyuan-demo", [7; SALT_BYTES])?;
        assert!(
            hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hashed}"
        );
        assert!(verify("suyuan-demo".to_owned(), Some(hashed.clone())).await);
        assert!(!verify("suyuan-dem0".to_owned(), Some(hashed)).await);
        assert!(!verify("suyuan-demo".to_owned(), None).await);
        Ok(())
    }

    #[test]
    fn the_hash_of_nobody_is_one_that_is_really_computed() {
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[test]
    fn a_password_of_megabytes_is_refused_before_it_costs_anything() {
        let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
        assert!(matches!(
            hash(&long, [0; SALT_BYTES]),
            Err(PasswordError::TooLong)
        ));
    }
}
