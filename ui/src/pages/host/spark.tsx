import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { sparkQuery } from '../../api/queries';
import type { Module, Point } from '../../api/types';
import { useNow } from '../../lib/now';
import { presetSeconds, sparkPath, type Preset } from '../../lib/series';
import css from './host.module.css';

const width = 96;
const height = 24;
const stepS = 60;

/** The last hours in a stroke. Asked for only once it is in sight. */
export function Spark({ module, preset }: { module: Module; preset: Preset }) {
  const box = useRef<HTMLSpanElement>(null);
  const [seen, setSeen] = useState(false);
  const to = Math.floor(useNow() / 1000 / stepS) * stepS;
  const from = to - presetSeconds[preset];
  useEffect(() => {
    const element = box.current;
    if (!element || seen) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((e) => e.isIntersecting)) setSeen(true);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [seen]);
  const text = module.type.endsWith('string');
  const { data } = useQuery({ ...sparkQuery(module.id, from, to), enabled: seen && !text });
  const path = useMemo(() => {
    if (!data) return '';
    const points: Point[] =
      data.resolution === 'trend'
        ? (data.trend ?? []).map(([t, , , , avg]): Point => [t, avg])
        : (data.points ?? []);
    return sparkPath(points, data.gaps, { from, to }, width, height - 4);
  }, [data, from, to]);
  return (
    <span ref={box} className={css.spark} aria-hidden="true">
      {path && (
        <svg
          viewBox={`0 -2 ${width} ${height}`}
          width={width}
          height={height}
          data-status={module.status}
        >
          <path d={path} />
        </svg>
      )}
    </span>
  );
}
