/** Style sheets, which modules of the dashboard import for their effect alone. */
declare module '*.css';
