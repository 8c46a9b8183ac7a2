//! The kinds of problem: each has a status, a name in its `type` URI, and a paragraph in the docs.

use axum::http::StatusCode;

macro_rules! kinds {
    ($($variant:ident = $status:ident, $slug:literal, $title:literal, $about:literal;)*) => {
        /// What went wrong, as a client's program tells it apart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $about] $variant,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// Its name in the `type` URI.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }

            /// The kind in words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What it means and what to do, for the docs.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

kinds! {
    Malformed = BAD_REQUEST, "malformed", "The request cannot be read",
        "The address, a query parameter or the body is not of the form the contract asks for.";
    NotSignedIn = UNAUTHORIZED, "not-signed-in", "Sign in first",
        "There is no session, or it has expired. POST /api/v1/sessions makes one.";
    WrongCredentials = UNAUTHORIZED, "wrong-credentials", "Account or password is wrong",
        "Which of the two is wrong is not said.";
    WrongSignature = UNAUTHORIZED, "wrong-signature", "The signature is not this instrument's",
        "The instrument is unknown or disabled, the key or a byte of the body is another, or the \
         time is off.";
    NotVouched = UNAUTHORIZED, "not-vouched", "The identity service's word does not sign you in",
        "The sign-in there was given up, is too old, or its answer is not to be believed; or no \
         account here is linked to that identity. `detail` says which.";
    Forbidden = FORBIDDEN, "forbidden", "Your role may not do this",
        "The account is known and its role does not include this action.";
    CrossSite = FORBIDDEN, "cross-site", "The request came from another site",
        "A browser sent a form with a session cookie from a page that is not ours.";
    NotFound = NOT_FOUND, "not-found", "There is no such thing",
        "Nothing is at this address, or it belongs to somebody else.";
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "Not this method",
        "The address exists and does not answer this method.";
    Timeout = REQUEST_TIMEOUT, "timeout", "The request took too long",
        "It was not finished within the server's limit. It may have been done: ask again.";
    Conflict = CONFLICT, "conflict", "It is there already",
        "Another thing has this name, or this request id was used for something else.";
    IllegalStep = CONFLICT, "illegal-step", "There is no such step from here",
        "The life of a lot, or the way of a filing, has no such step from where it stands now.";
    RuleBroken = CONFLICT, "rule-broken", "A rule of the record stands against it",
        "The request is sound; `detail` names the rule that refuses it as things stand.";
    EditConflict = CONFLICT, "edit-conflict", "Somebody else changed it",
        "`current` is what is kept, `yours` what was sent. Nothing was overwritten: read, decide, \
         and send again with the version that you saw.";
    TooLarge = PAYLOAD_TOO_LARGE, "too-large", "The body is too large",
        "The body has more bytes than the server reads.";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type",
        "The body is of another type", "Send application/json, and forms from our own pages.";
    Invalid = UNPROCESSABLE_ENTITY, "invalid", "A value cannot be accepted",
        "The request could be read, but the member named in `field` breaks a rule told in `detail`.";
    TooManyAttempts = TOO_MANY_REQUESTS, "too-many-attempts", "Too many failed sign-ins",
        "Wait for the seconds in Retry-After.";
    Internal = INTERNAL_SERVER_ERROR, "internal", "The server failed",
        "The fault is ours. Tell the operator the `id`; the server's log has the cause under it.";
    IdentityService = BAD_GATEWAY, "identity-service", "The identity service failed",
        "It did not answer, or not as OpenID Connect asks for. Try again, or sign in with a password.";
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "The database did not answer",
        "The same request may work in a moment.";
}

impl Kind {
    /// The address that names this kind and describes it.
    #[must_use]
    pub fn uri(self) -> String {
        format!("/docs/problems#{}", self.slug())
    }

    /// The kind of a bare status that a layer below answered with.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let same = Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.status() == status);
        same.unwrap_or(if status.is_server_error() {
            Self::Internal
        } else {
            Self::Malformed
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_an_error_status() {
        let slugs: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!(kind.status().is_client_error() || kind.status().is_server_error());
            assert_eq!(Kind::of_status(kind.status()).status(), kind.status());
        }
    }
}
