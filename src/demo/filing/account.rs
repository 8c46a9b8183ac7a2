//! The four accounts of the demonstration. Their password is printed at every start and `--demo`
//! listens on loopback only, so it protects nothing and one hash serves all four.

use store::Transaction;
use store::account::{self, NewAccount, Role};
use trace_api::password;

use super::Filing;
use crate::demo::catalog::devices::KEY;
use crate::demo::catalog::producers::TEA_COOPERATIVE;

/// Which of the county's salts is the password's; the gateways have those from 0 on.
const PASSWORD_SALT: i64 = -1;

/// Sign-in name, name to show, role.
pub const ACCOUNTS: [(&str, &str, Role); 4] = [
    ("supervisor", "演示监管员", Role::Supervisor),
    ("producer", "演示生产主体（毛坝莓茶）", Role::Producer),
    ("lab", "演示快检员", Role::Lab),
    ("operator", "演示运维员", Role::Operator),
];

impl Filing {
    /// Makes the accounts; `producer` is staff of the 莓茶 cooperative.
    pub(super) async fn file_accounts(
        &mut self,
        transaction: &mut Transaction,
    ) -> anyhow::Result<()> {
        let password_hash = password::hash(KEY, self.salt(PASSWORD_SALT))?;
        for (login, display_name, role) in ACCOUNTS {
            let producer_id = match role {
                Role::Producer => Some(self.producer(TEA_COOPERATIVE)?),
                _ => None,
            };
            let new = NewAccount {
                login,
                display_name,
                role,
                producer_id,
                password_hash: &password_hash,
            };
            let id = account::insert(transaction, &new, self.filed_at()).await?;
            self.accounts.insert(login, id);
        }
        Ok(())
    }

    /// The account of a sign-in name; `None` stands for the platform itself.
    pub(super) fn account(&self, login: &str) -> Option<i64> {
        self.accounts.get(login).copied()
    }
}
