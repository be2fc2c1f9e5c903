//! Tickets: Login gives one, requests that bring it act as the user who got it, until Logout or its limits end it (2.1 §6.1.30, §6.1.31).

use crate::auth::refused;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::grant::Grant;
use crate::identity::Identity;
use kmipspec_protocol::message::Ticket;
use kmipspec_protocol::registry::{ResultReason, TicketType};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tickets at one time; more are refused.
const MOST: usize = 4_096;

/// All tickets that are good.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<Vec<u8>, Session>>);

/// What a ticket stands for.
#[derive(Debug)]
struct Session {
    /// Who acts.
    identity: Identity,
    /// Until when, seconds since 1970.
    expires: Option<i64>,
    /// For how many more requests.
    requests: Option<i32>,
}

/// What a new ticket is limited to.
#[derive(Debug)]
pub(crate) struct Terms {
    /// For how many seconds.
    pub(crate) lease: Option<u32>,
    /// For how many requests.
    pub(crate) requests: Option<i32>,
    /// For what.
    pub(crate) grant: Arc<Grant>,
}

impl Sessions {
    /// The table; a panic elsewhere does not make it unusable.
    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new ticket's value. Limits of 0 are none: the published TC-LOGIN-1 and TC-DLOGIN-2 use tickets with such limits.
    pub(crate) fn open(&self, config: &Config, identity: &Identity, terms: Terms, now: i64) -> Outcome<Vec<u8>> {
        if terms.requests.is_some_and(|requests| requests < 0) {
            return Err(Failure::invalid_field("Request Count is negative"));
        }
        let mut value = vec![0; 32];
        if !config.random.fill(&mut value) {
            return Err(Failure::new(ResultReason::INTERNAL_SERVER_ERROR, "no ticket could be made"));
        }
        let mut sessions = self.lock();
        if sessions.len() >= MOST {
            sessions.retain(|_, s| s.expires.is_none_or(|end| end > now) && s.requests.is_none_or(|left| left > 0));
        }
        if sessions.len() >= MOST {
            return Err(Failure::new(ResultReason::SERVER_LIMIT_EXCEEDED, "too many tickets are in use"));
        }
        let session = Session {
            identity: Identity { grant: Some(terms.grant), ..identity.clone() },
            expires: terms.lease.filter(|lease| *lease > 0).map(|lease| now.saturating_add(i64::from(lease))),
            requests: terms.requests.filter(|requests| *requests > 0),
        };
        sessions.insert(value.clone(), session);
        Ok(value)
    }

    /// Who a request with this ticket acts for; it counts as one.
    pub(crate) fn enter(&self, ticket: &Ticket<'_>, now: i64) -> Outcome<Identity> {
        let mut sessions = self.lock();
        let session =
            sessions.get_mut(ticket.ticket_value.as_ref()).filter(|_| ticket.ticket_type == TicketType::LOGIN);
        let session = session.filter(|session| session.expires.is_none_or(|end| end > now)).ok_or_else(refused)?;
        if let Some(left) = &mut session.requests {
            if *left <= 0 {
                return Err(Failure::new(
                    ResultReason::USAGE_LIMIT_EXCEEDED,
                    "the Request Count of the ticket is reached",
                ));
            }
            *left -= 1;
        }
        Ok(session.identity.clone())
    }

    /// Ends a ticket that this user got.
    pub(crate) fn close(&self, ticket: &Ticket<'_>, client: &str, now: i64) -> Outcome<()> {
        let mut sessions = self.lock();
        let value = ticket.ticket_value.as_ref();
        let good = sessions.get(value).is_some_and(|session| {
            session.identity.name == client
                && ticket.ticket_type == TicketType::LOGIN
                && session.expires.is_none_or(|end| end > now)
        });
        if !good {
            return Err(Failure::new(ResultReason::INVALID_TICKET, "there is no such ticket"));
        }
        sessions.remove(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(value: &[u8]) -> Ticket<'_> {
        Ticket { ticket_type: TicketType::LOGIN, ticket_value: value.into() }
    }

    fn terms(lease: Option<u32>, requests: Option<i32>) -> Terms {
        Terms { lease, requests, grant: Arc::default() }
    }

    #[test]
    fn a_ticket_ends_by_time_by_count_and_by_logout() -> Result<(), Failure> {
        let (config, sessions) = (Config::default(), Sessions::default());
        let alice = Identity { name: "alice".to_owned(), ..Identity::default() };
        let timed = sessions.open(&config, &alice, terms(Some(60), None), 1_000)?;
        assert_eq!(sessions.enter(&ticket(&timed), 1_059)?.name, "alice");
        assert!(sessions.enter(&ticket(&timed), 1_060).is_err());
        let counted = sessions.open(&config, &alice, terms(Some(0), Some(2)), 1_000)?;
        for _ in 0..2 {
            sessions.enter(&ticket(&counted), 99_999)?;
        }
        let reason = sessions.enter(&ticket(&counted), 1_000).map_err(|failure| failure.reason);
        assert_eq!(reason.err(), Some(ResultReason::USAGE_LIMIT_EXCEEDED));
        let open = sessions.open(&config, &alice, terms(None, Some(0)), 1_000)?;
        assert!(sessions.close(&ticket(&open), "bob", 1_000).is_err());
        sessions.close(&ticket(&open), "alice", 1_000)?;
        assert!(sessions.enter(&ticket(&open), 1_000).is_err());
        assert!(sessions.open(&config, &alice, terms(None, Some(-1)), 1_000).is_err());
        Ok(())
    }
}
