//! Where a broker is: `mqtt://user:password@host:port`, or `mqtts://` where it speaks TLS.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::Url;

/// Where brokers listen.
const PORT_DEFAULT: u16 = 1_883;
/// Where brokers listen for TLS.
const TLS_PORT_DEFAULT: u16 = 8_883;

/// A broker's address, with the credentials for it.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// Name or address.
    pub(super) host: String,
    /// Port.
    pub(super) port: u16,
    /// Whether it speaks TLS.
    pub(super) tls: bool,
    /// User name and password.
    pub(super) credentials: Option<(String, String)>,
}

/// Why a text is no broker's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerUrlError {
    /// No URL at all.
    #[error("it is no URL: {0}")]
    Url(String),
    /// Another scheme than those of MQTT.
    #[error("the scheme {0:?} is not served; mqtt:// and mqtts:// are")]
    Scheme(String),
    /// No host.
    #[error("the URL names no host")]
    Host,
    /// Credentials that are no UTF-8 once decoded.
    #[error("user name or password are no UTF-8")]
    Credentials,
}

impl BrokerUrl {
    /// Whether the broker speaks TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }
}

impl FromStr for BrokerUrl {
    type Err = BrokerUrlError;

    fn from_str(text: &str) -> Result<Self, BrokerUrlError> {
        let url = Url::parse(text).map_err(|error| BrokerUrlError::Url(error.to_string()))?;
        let (tls, port) = match url.scheme() {
            "mqtt" | "tcp" => (false, PORT_DEFAULT),
            "mqtts" | "ssl" => (true, TLS_PORT_DEFAULT),
            other => return Err(BrokerUrlError::Scheme(other.to_owned())),
        };
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or(BrokerUrlError::Host)?;
        let decode = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8();
            decoded
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| BrokerUrlError::Credentials)
        };
        let credentials = match url.username() {
            "" => None,
            user => Some((decode(user)?, decode(url.password().unwrap_or_default())?)),
        };
        Ok(Self {
            host: host.to_owned(),
            port: url.port().unwrap_or(port),
            tls,
            credentials,
        })
    }
}

/// Without the password: this is what logs show.
impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_its_defaults_and_credentials() {
        let url: BrokerUrl = "mqtt://broker.example".parse().expect("an address");
        assert_eq!((url.host.as_str(), url.port), ("broker.example", 1_883));
        let url: BrokerUrl = "tcp://in%40gest:p%3Aw@127.0.0.1:1884"
            .parse()
            .expect("an address");
        assert_eq!(url.credentials, Some(("in@gest".into(), "p:w".into())));
        let tls: BrokerUrl = "mqtts://broker.example".parse().expect("an address");
        assert_eq!((tls.port, tls.is_tls(), url.is_tls()), (8_883, true, false));
        assert_eq!(tls.to_string(), "mqtts://broker.example:8883");
        assert_eq!(
            format!("{url} {url:?}"),
            "mqtt://127.0.0.1:1884 mqtt://127.0.0.1:1884"
        );
    }

    #[test]
    fn what_cannot_be_served_is_refused_with_its_reason() {
        let refused = |text: &str| text.parse::<BrokerUrl>().err();
        assert!(matches!(
            refused("broker:"),
            Some(BrokerUrlError::Scheme(_))
        ));
        assert!(matches!(
            refused("https://host"),
            Some(BrokerUrlError::Scheme(_))
        ));
        assert!(matches!(
            refused("mqtt://"),
            Some(BrokerUrlError::Url(_) | BrokerUrlError::Host)
        ));
        assert!(matches!(refused("nothing"), Some(BrokerUrlError::Url(_))));
    }
}
