/** Icon: a few line drawings of one weight. They say nothing that a word beside them does not say. */

const PATHS = {
  overview: 'M3 12h4l3-8 4 16 3-8h4',
  explore: 'M4 20V10m6 10V4m6 16v-7m4 7H3',
  funnels: 'M3 5h18l-7 8v6l-4-2v-4z',
  retention: 'M4 4h4v4H4zm0 6h4v4H4zm0 6h4v4H4zm6-12h4v4h-4zm0 6h4v4h-4zm6-6h4v4h-4z',
  paths: 'M4 6c8 0 8 12 16 12M4 18c8 0 8-12 16-12M4 12h16',
  sessions: 'M12 7v5l3 2m6-2a9 9 0 1 1-18 0 9 9 0 0 1 18 0z',
  lifecycle: 'M20 12a8 8 0 1 1-2.500-5.800M20 3v5h-5',
  people:
    'M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zm-6 9c0-3.500 2.500-6 6-6s6 2.500 6 6m1-9.500a3 3 0 0 0 0-6m5 15.500c0-3-1.500-5-4-5.700',
  cohorts: 'M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12zm6 6a6 6 0 1 0 0-12 6 6 0 0 0 0 12z',
  boards: 'M4 4h7v9H4zm9 0h7v5h-7zm0 7h7v9h-7zm-9 4h7v5H4z',
  data: 'M4 6c0-1.700 3.600-3 8-3s8 1.300 8 3-3.600 3-8 3-8-1.300-8-3zm0 0v6c0 1.700 3.600 3 8 3s8-1.300 8-3V6m-16 6v6c0 1.700 3.600 3 8 3s8-1.300 8-3v-6',
  pipeline: 'M4 6h6v4H4zm10 8h6v4h-6zm-4-6h3a2 2 0 0 1 2 2v4M4 18h6',
  settings:
    'M4 7h10m4 0h2M4 17h2m4 0h10M16 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zm-8 10a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zm5-2 5 5',
  close: 'M6 6l12 12M18 6 6 18',
  plus: 'M12 5v14m-7-7h14',
  down: 'M6 9l6 6 6-6',
  check: 'M5 12l5 5 9-10',
  theme: 'M12 3a9 9 0 1 0 0 18zm0 0a9 9 0 0 1 0 18',
  help: 'M9 9a3 3 0 1 1 4.500 2.600c-1 .600-1.500 1.200-1.500 2.400m0 3v.500',
  more: 'M5 12h.010M12 12h.010M19 12h.010',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
