//! PKCS#12 containers (RFC 7292): a private key, its certificate chain, a friendly name, all under a password. The only file that
//! names the PKCS#12 crate.

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, Pkcs12Archive, PrivateKey, PrivateKeyChain};

/// What a container holds, as far as KMIP asks.
#[derive(Debug)]
pub(crate) struct Contents {
    /// PrivateKeyInfo.
    pub(crate) private_key: Vec<u8>,
    /// The name that the key has there.
    pub(crate) friendly_name: Option<String>,
    /// The key's certificate first, then those that issued it.
    pub(crate) chain: Vec<Vec<u8>>,
}

/// Why a container cannot be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is none, or the password is not its password.
    Password,
    /// No private key is in it, or none under the name asked for.
    NoKey,
}

/// Takes a container apart: the key of that friendly name (letters of either case), or the first (1.4 §3.45).
pub(crate) fn open(container: &[u8], password: &str, name: Option<&str>) -> Result<Contents, Unreadable> {
    let archive = Pkcs12Archive::from_pkcs12(container, password).map_err(|_| Unreadable::Password)?;
    let named = |held: Option<&str>| match name {
        Some(name) => held.is_some_and(|held| held.to_lowercase() == name.to_lowercase()),
        None => true,
    };
    let key = archive.keys.iter().find(|key| named(key.friendly_name.as_deref())).ok_or(Unreadable::NoKey)?;
    let id = key.local_key_id.as_ref().map(|id| id.0.as_slice());
    let own = archive.certs.iter().find(|bag| bag.local_key_id.is_some() && bag.local_key_id.as_deref() == id);
    // Without identifiers a container of one key means its first certificate.
    let own = own.or_else(|| archive.certs.first().filter(|_| archive.keys.len() == 1));
    let mut chain: Vec<&Certificate> = own.map(|bag| &bag.cert).into_iter().collect();
    while let Some(last) = chain.last().copied() {
        if last.issuer() == last.subject() {
            break;
        }
        let issuer = archive.certs.iter().map(|bag| &bag.cert).find(|cert| cert.subject() == last.issuer());
        match issuer.filter(|issuer| !chain.contains(issuer)) {
            Some(issuer) => chain.push(issuer),
            None => break,
        }
    }
    Ok(Contents {
        private_key: key.key.as_der().to_vec(),
        friendly_name: key.friendly_name.clone(),
        chain: chain.into_iter().map(|cert| cert.as_der().to_vec()).collect(),
    })
}

/// Makes a container: AES-256 and HMAC-SHA-256 under the password.
pub(crate) fn seal(contents: &Contents, password: &str) -> Option<Vec<u8>> {
    let key = PrivateKey::from_der(&contents.private_key).ok()?;
    let chain: Option<Vec<Certificate>> = contents.chain.iter().map(|der| Certificate::from_der(der).ok()).collect();
    let id = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &contents.private_key);
    let chain = PrivateKeyChain::new(id.as_ref().to_vec(), key, chain?);
    let mut store = KeyStore::new();
    // 1.4 §3.45: "alias" where the object has no name.
    let name = contents.friendly_name.as_deref().unwrap_or("alias");
    store.add_entry(name, KeyStoreEntry::PrivateKeyChain(chain));
    store.writer(password).write().ok()
}
