/** Version: the release of this server and of its API. */
export const API_VERSION = '0.1.0';
