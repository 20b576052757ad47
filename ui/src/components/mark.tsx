/** The mark: a 櫓, the watchtower over a castle's wall, with a light in its window. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg
      viewBox="0 0 32 32"
      width={size}
      height={size}
      aria-hidden="true"
      focusable="false"
      className="y-mark"
    >
      <g fill="currentColor">
        <path d="M1.500 11.800C7.300 11 12.600 7.400 16 2c3.400 5.400 8.700 9 14.500 9.800l-1.700 2.400H3.200z" />
        <path d="M7 15.400h18v5.400H7zM4.200 21.800h23.600V24H4.200z" />
        <path d="M8.300 24h2.400L7.300 31H4.600zM23.700 24h-2.400l3.400 7h2.700z" />
        <path d="m10.300 25.400 11.900 5.100-.7 1.200-12-5.100z" opacity=".55" />
        <path d="m21.700 25.400-11.900 5.100.7 1.200 12-5.100z" opacity=".55" />
      </g>
      <path className="y-mark-light" d="M11 17h10v2.200H11z" />
    </svg>
  );
}
