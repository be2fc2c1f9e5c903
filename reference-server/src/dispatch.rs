//! stub
use crate::config::Config;
pub(crate) struct Core { config: Config }
pub(crate) struct Answer { pub(crate) bytes: Vec<u8>, pub(crate) close: bool }
impl Core {
    pub(crate) fn new(config: Config) -> Self { Self { config } }
    pub(crate) fn config(&self) -> &Config { &self.config }
    pub(crate) fn answer(&self, _message: &[u8], _client: Option<&str>) -> Answer { Answer { bytes: Vec::new(), close: true } }
    pub(crate) fn refuse_size(&self, _start: &[u8]) -> Answer { Answer { bytes: Vec::new(), close: true } }
}
