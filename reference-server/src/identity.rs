//! Who a request acts for: an owned identity, so that an operation can be done after its request was answered.

use crate::config::Config;
use crate::grant::Grant;
use std::sync::Arc;

/// A client, once it has shown who it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    /// The name that owns what it creates; empty for one that has none and may only interrogate the server.
    pub(crate) name: String,
    /// Its groups.
    pub(crate) groups: Vec<String>,
    /// What its Ticket is good for; none without a Ticket: then for everything.
    pub(crate) grant: Option<Arc<Grant>>,
}

impl Identity {
    /// The identity of this name, with the groups that the configuration gives it.
    pub(crate) fn named(config: &Config, name: &str) -> Self {
        let user = config.users.iter().find(|user| user.name == name);
        Self { name: name.to_owned(), groups: user.map(|user| user.groups.clone()).unwrap_or_default(), grant: None }
    }
}
