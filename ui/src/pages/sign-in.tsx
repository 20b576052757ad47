/** Sign-in: user, password, and a clear word when it does not work. */
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { sessionQuery, signIn } from '../api/queries';
import { EntryPage } from '../app/entry-page';
import { useCapsLock } from '../components/caps-lock';
import { ProblemNotice } from '../components/notice';
import { useTranslation } from '../i18n';
import css from './entry-form.module.css';

export function SignInPage() {
  const { t } = useTranslation();
  const router = useRouter();
  const queryClient = useQueryClient();
  const { next } = useSearch({ from: '/sign-in' });
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const passwordField = useRef<HTMLInputElement>(null);
  const caps = useCapsLock();

  useEffect(() => {
    document.title = `${t('sign_in.title')} · Yagura`;
  }, [t]);

  const attempt = useMutation({
    mutationFn: () => signIn(user.normalize('NFKC').trim(), password),
    onSuccess: (session) => {
      queryClient.setQueryData(sessionQuery.queryKey, session);
      const target = next ?? '/';
      if (session.must_change_password) {
        void router.navigate({ to: '/password', search: next ? { next } : {}, replace: true });
      } else {
        router.history.replace(target);
      }
    },
    onError: () => {
      setPassword('');
      passwordField.current?.focus();
    },
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!attempt.isPending) attempt.mutate();
  };

  return (
    <EntryPage title={t('sign_in.title')} lead={t('sign_in.lead')}>
      <form onSubmit={submit} className={css.form}>
        {attempt.isError && <ProblemNotice error={attempt.error} />}
        <TextInput
          label={t('sign_in.user')}
          name="user"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          withAsterisk={false}
          size="md"
          value={user}
          onChange={(event) => setUser(event.currentTarget.value)}
        />
        <div>
          <PasswordInput
            ref={passwordField}
            label={t('sign_in.password')}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            size="md"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show_password') }}
            {...caps.handlers}
          />
          <p className={css.caps} role="status">
            {caps.on && (
              <>
                <TriangleAlert size={14} aria-hidden="true" /> {t('sign_in.caps_lock')}
              </>
            )}
          </p>
        </div>
        <Button type="submit" size="md" fullWidth loading={attempt.isPending}>
          {t('sign_in.submit')}
        </Button>
      </form>
    </EntryPage>
  );
}
