/** Html: the content type of pages. */
export const HTML_CONTENT_TYPE = 'text/html; charset=UTF-8';
