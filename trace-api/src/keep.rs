//! Something that is dear to make and wanted often: made once, kept for a while. Whoever comes while
//! it is being made waits for that one.

use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use crate::problem::Answer;

/// A value with the moment it was made.
#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<Option<(OffsetDateTime, T)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    /// What is kept, or what `make` makes anew when it is older than `fresh`. A clock that went
    /// back makes it anew, too; what could not be made is not kept.
    pub(crate) async fn get(
        &self,
        now: OffsetDateTime,
        fresh: Duration,
        make: impl AsyncFnOnce() -> Answer<T>,
    ) -> Answer<T> {
        let mut kept = self.0.lock().await;
        if let Some((made, value)) = kept.as_ref()
            && (Duration::ZERO..fresh).contains(&(now - *made))
        {
            return Ok(value.clone());
        }
        let value = make().await?;
        *kept = Some((now, value.clone()));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::problem::{Kind, Problem};

    #[tokio::test]
    async fn what_is_fresh_is_not_made_again_and_a_failure_is_not_kept() -> Answer<()> {
        let kept = Kept::default();
        let now = datetime!(2026-11-23 04:00 UTC);
        let second = Duration::SECOND;
        let failed = async || Err(Problem::of(Kind::NotFound));
        assert!(kept.get(now, second, failed).await.is_err());
        assert_eq!(kept.get(now, second, async || Ok(1)).await?, 1);
        assert_eq!(kept.get(now + second / 2, second, async || Ok(2)).await?, 1);
        assert_eq!(kept.get(now + second, second, async || Ok(3)).await?, 3);
        assert_eq!(kept.get(now - second, second, async || Ok(4)).await?, 4);
        Ok(())
    }
}
