/** Icons that only the host's pages use; same 24 grid and stroke as the shared ones. */
export const house = 'M3 11l9-8 9 8M5 9.5V21h14V9.5M10 21v-6h4v6';
export const sheet = 'M6 2h12v20H6ZM9 7h6M9 11h6M9 15h4';
export const server = 'M3 4h18v7H3ZM3 13h18v7H3ZM7 7.5v.01M7 16.5v.01M11 7.5h6M11 16.5h6';
export const bank = 'M3 4h18v5H3ZM5 9v12h14V9M10 13h4';
