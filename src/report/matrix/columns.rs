//! Who a run was of: what the caller says, else what the file tells.

use super::{Column, Source, is_known};
use std::collections::{BTreeMap, BTreeSet};

/// How the ids of cases begin that judge a client.
const CLIENT_CASES: &str = "client.";

/// One column for each source.
pub(super) fn of(sources: &[Source]) -> Vec<Column> {
    let mut columns: Vec<Column> = sources.iter().map(column).collect();
    let clients: BTreeSet<&str> = columns.iter().map(|column| column.client.as_str()).collect();
    if clients.len() > 1 {
        for column in &mut columns {
            column.name = format!("{} / {}", column.client, column.server);
        }
    }
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    for (at, column) in columns.iter_mut().enumerate() {
        if names.iter().filter(|name| **name == column.name).count() > 1 {
            column.name = format!("{} ({}: {})", column.name, at.saturating_add(1), column.file);
        }
    }
    columns
}

fn column(source: &Source) -> Column {
    let run = &source.run;
    let told = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let (named, ours) = (told(&source.server), format!("kmipspec {}", run.kmipspec));
    // Of `kmipspec client`: we answered, and a name alone is that of who was judged.
    let of_client = run.results.iter().any(|one| one.id.starts_with(CLIENT_CASES));
    let (client, server) = match told(&source.client) {
        Some(client) => (Some(client), named),
        None if of_client => (Some(named.unwrap_or_else(|| "client".to_owned())), Some(ours.clone())),
        None => (None, named),
    };
    let server = server.or_else(|| told(&run.target.vendor)).unwrap_or_else(|| run.target.address.clone());
    let mut counts = BTreeMap::new();
    for one in &run.results {
        let word = if is_known(one) { "known" } else { one.verdict.as_str() };
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    Column {
        name: server.clone(),
        client: client.unwrap_or(ours),
        server,
        file: source.file.clone(),
        vendor: run.target.vendor.clone(),
        address: run.target.address.clone(),
        versions: run.target.versions.clone(),
        tls: run.target.tls.clone(),
        kmipspec: run.kmipspec.clone(),
        case_set: run.case_set.clone(),
        started: run.started.clone(),
        counts,
        failures: run.results.iter().filter(|one| one.counts_as_failure).count(),
        broken: run.broken.clone(),
    }
}
