//! Signed notes (C2SP signed-note) with Ed25519: a text, an empty line, and a line a signature.
//! The keys are spelt as the format's own tools spell them, so that those tools read both.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

/// Algorithm byte of Ed25519 in this format.
const ED25519_BYTE: u8 = 1;
/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;
/// How a line with a signature begins.
const DASH: &str = "— ";
/// How a private key begins.
const PRIVATE: &str = "PRIVATE+KEY+";

/// Why a key or a note is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not spelt as a key of this format.
    #[error("this is no Ed25519 key of a signed note")]
    Key,
    /// A key's name cannot hold spaces, plus signs, or nothing.
    #[error("a key's name is not empty and has no spaces and no plus signs")]
    Name,
    /// Not spelt as a note.
    #[error("this is no signed note")]
    Malformed,
    /// No signature of the wanted key.
    #[error("it is not signed by this key")]
    Unsigned,
    /// The signature is of another text.
    #[error("the signature does not fit the text")]
    Forged,
}

/// Name and four bytes that tell keys apart.
fn key_id(name: &str, public: &[u8]) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update([b'\n', ED25519_BYTE]);
    hash.update(public);
    let digest = hash.finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.contains(char::is_whitespace)
}

/// `{name}+{id}+{base64}` as its name and the bytes behind the algorithm's, the id checked by the
/// caller.
fn split(text: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let mut parts = text.trim().splitn(3, '+');
    let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
    let id = u32::from_str_radix(id, 16).ok().filter(|_| id.len() == 8)?;
    let key = BASE64_STANDARD.decode(key).ok()?;
    let (algorithm, key) = key.split_first()?;
    (*algorithm == ED25519_BYTE && key.len() == 32 && is_name(name))
        .then(|| (name, id.to_be_bytes(), key.to_vec()))
}

/// Who signs.
pub struct Signer {
    name: String,
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl Signer {
    /// A signer from 32 random bytes.
    pub fn new(name: &str, seed: [u8; 32]) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Name);
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| NoteError::Key)?;
        let name = name.to_owned();
        Ok(Self { name, seed, pair })
    }

    /// Reads a private key as [`secret`](Self::secret) spells it.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let text = text.trim().strip_prefix(PRIVATE).ok_or(NoteError::Key)?;
        let (name, id, seed) = split(text).ok_or(NoteError::Key)?;
        let seed: [u8; 32] = seed.try_into().map_err(|_| NoteError::Key)?;
        let signer = Self::new(name, seed)?;
        if key_id(name, signer.pair.public_key().as_ref()) == id {
            Ok(signer)
        } else {
            Err(NoteError::Key)
        }
    }

    /// The private key; whoever reads it signs in this installation's name.
    #[must_use]
    pub fn secret(&self) -> String {
        let id = u32::from_be_bytes(self.verifier().id);
        let key = BASE64_STANDARD.encode([[ED25519_BYTE].as_slice(), &self.seed].concat());
        format!("{PRIVATE}{}+{id:08x}+{key}", self.name)
    }

    /// Who checks what this signs.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        let public = self.pair.public_key().as_ref();
        Verifier {
            name: self.name.clone(),
            id: key_id(&self.name, public),
            public: public.to_vec(),
        }
    }

    /// A text, which ends with a line end, as a signed note.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let id = self.verifier().id;
        let signed = BASE64_STANDARD.encode([id.as_slice(), signature.as_ref()].concat());
        format!("{text}\n{DASH}{} {signed}\n", self.name)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier())
    }
}

/// Who checks; its text is the public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    public: Vec<u8>,
}

impl Verifier {
    /// Reads a public key: `name+id+base64`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let (name, id, public) = split(text).ok_or(NoteError::Key)?;
        if key_id(name, &public) != id {
            return Err(NoteError::Key);
        }
        let name = name.to_owned();
        Ok(Self { name, id, public })
    }

    /// The text of a note that this key signed.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        let end = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, signatures) = note.split_at(end + 1);
        let signatures = signatures.strip_prefix('\n').unwrap_or_default();
        if signatures.is_empty() || !signatures.ends_with('\n') {
            return Err(NoteError::Malformed);
        }
        for line in signatures.lines() {
            let line = line.strip_prefix(DASH).ok_or(NoteError::Malformed)?;
            let (name, signature) = line.split_once(' ').ok_or(NoteError::Malformed)?;
            let signature = BASE64_STANDARD.decode(signature);
            let signature = signature.map_err(|_| NoteError::Malformed)?;
            let Some((id, signature)) = signature.split_at_checked(4) else {
                return Err(NoteError::Malformed);
            };
            if name == self.name && id == self.id && signature.len() == SIGNATURE_BYTES {
                let key = UnparsedPublicKey::new(&ED25519, &self.public);
                let fits = key.verify(text.as_bytes(), signature);
                return fits.map(|()| text).map_err(|_| NoteError::Forged);
            }
        }
        Err(NoteError::Unsigned)
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64_STANDARD.encode([[ED25519_BYTE].as_slice(), &self.public].concat());
        let id = u32::from_be_bytes(self.id);
        write!(f, "{}+{id:08x}+{key}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the documentation of Go's module notes, by which others check themselves.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n\
                        \n\
                        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const SECRET: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    #[test]
    fn a_note_of_the_formats_own_example_is_opened_and_written() {
        let verifier = Verifier::parse(KEY).expect("a key");
        let text = verifier.open(NOTE).expect("signed");
        let signer = Signer::parse(SECRET).expect("a private key");
        assert_eq!(signer.verifier(), verifier);
        assert_eq!(signer.sign(text), NOTE);
        assert_eq!(signer.secret(), SECRET);
        assert_eq!(verifier.to_string(), KEY);
    }

    #[test]
    fn a_changed_byte_another_key_and_no_key_are_told_apart() {
        let verifier = Verifier::parse(KEY).expect("a key");
        let changed = NOTE.replace("cryptography", "cryptographY");
        assert_eq!(verifier.open(&changed), Err(NoteError::Forged));
        let other = Signer::new("other", [7; 32]).expect("a name");
        let signed = other.sign("text\n");
        assert_eq!(verifier.open(&signed), Err(NoteError::Unsigned));
        for broken in ["", "text", "text\n\n", "text\n\n— \n", "a\n\nb\n"] {
            assert_eq!(
                verifier.open(broken),
                Err(NoteError::Malformed),
                "{broken:?}"
            );
        }
        for name in ["", "a b", "a+b"] {
            assert_eq!(Signer::new(name, [0; 32]).err(), Some(NoteError::Name));
        }
        assert_eq!(Verifier::parse("a+0+b"), Err(NoteError::Key));
        let wrong_id = KEY.replace("c74f20a3", "c74f20a4");
        assert_eq!(Verifier::parse(&wrong_id), Err(NoteError::Key));
    }
}
