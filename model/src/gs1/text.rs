//! A short ASCII text kept inline, for keys that must live without a heap. It does not check what
//! it holds: each key does that before it makes one.

use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

/// Up to `N` (at most 255) bytes of ASCII; equal, ordered and hashed as the text it holds.
#[derive(Clone, Copy)]
pub(super) struct Text<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> Text<N> {
    /// The empty text.
    pub(super) const EMPTY: Self = Self {
        bytes: [0; N],
        len: 0,
    };

    /// Copies an ASCII text; `None` when it is longer than `N` or not ASCII.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut copy = Self::EMPTY;
        text.bytes().try_for_each(|byte| copy.push(byte))?;
        Some(copy)
    }

    /// Appends one ASCII byte; `None` when it is full or the byte is not ASCII.
    pub(super) fn push(&mut self, byte: u8) -> Option<()> {
        let slot = self
            .bytes
            .get_mut(usize::from(self.len))
            .filter(|_| byte.is_ascii())?;
        *slot = byte;
        self.len += 1;
        Some(())
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        // Only ASCII gets in, so the fallback is never taken.
        core::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl<const N: usize> PartialEq for Text<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<const N: usize> Eq for Text<N> {}

impl<const N: usize> PartialOrd for Text<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for Text<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl<const N: usize> Hash for Text<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_what_fits_and_refuses_the_rest() {
        assert_eq!(
            Text::<3>::new("abc").map(|t| t.as_str() == "abc"),
            Some(true)
        );
        assert!(Text::<3>::new("abcd").is_none());
        assert!(Text::<3>::new("é").is_none());
        assert!(Text::<3>::new("b") > Text::<3>::new("aaa"));
    }
}
