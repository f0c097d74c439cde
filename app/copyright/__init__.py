"""侵权通知与反通知: notices of right holders, counter-notices of providers, restoration."""
