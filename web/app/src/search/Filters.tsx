import { ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, Icon, Menu, type MenuItem } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import type { FilterProps } from './FindFilter.tsx'
import { PersonFilter, PlaceFilter } from './NamedFilters.tsx'
import { kindsOfHas, kindsOfWhen } from './query.ts'

/** In which conversation, from whom, when, and with what. */
export function Filters({ state, onChange }: FilterProps) {
  return (
    <div className="filters" role="group" aria-label={t('search.filters')}>
      <PlaceFilter state={state} onChange={onChange} />
      <PersonFilter state={state} onChange={onChange} />
      <Filter
        label={t('search.when')}
        value={t(state.when ? `search.when.${state.when}` : 'search.when.any')}
        chosen={state.when !== undefined}
        items={[undefined, ...kindsOfWhen].map((when) => ({
          key: when ?? 'any',
          label: t(when ? `search.when.${when}` : 'search.when.any'),
          checked: state.when === when,
          onSelect: () => onChange({ when, first: undefined, last: undefined }),
        }))}
      />
      <Filter
        label={t('search.has')}
        value={t(state.has ? `search.has.${state.has}` : 'search.has.any')}
        chosen={state.has !== undefined}
        items={[undefined, ...kindsOfHas].map((has) => ({
          key: has ?? 'any',
          label: t(has ? `search.has.${has}` : 'search.has.any'),
          checked: state.has === has,
          onSelect: () => onChange({ has }),
        }))}
      />
      {state.when === 'days' && (
        <span className="days">
          <Day label={t('search.first')} value={state.first} onChange={(first) => onChange({ first })} />
          <Day label={t('search.last')} value={state.last} onChange={(last) => onChange({ last })} />
        </span>
      )}
    </div>
  )
}

function Filter({ label, value, chosen, items }: { label: string; value: ReactNode; chosen: boolean; items: MenuItem[] }) {
  return (
    <Menu
      label={label}
      align="start"
      items={items}
      trigger={
        <Button small data-chosen={chosen ? '' : undefined}>
          <span className="faint">{label}</span> <bdi className="cut">{value}</bdi>
          <Icon of={ChevronDown} size={16} />
        </Button>
      }
    />
  )
}

function Day({ label, value, onChange }: { label: string; value: string | undefined; onChange: (day: string | undefined) => void }) {
  return (
    <label className="small">
      {label}
      <span className="input">
        <input type="date" value={value ?? ''} onChange={(event) => onChange(event.target.value || undefined)} />
      </span>
    </label>
  )
}
